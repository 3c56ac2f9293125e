From Coq Require Import Reals Psatz.
From Coquelicot Require Import Coquelicot.
From Interval Require Import Tactic.
Open Scope R_scope.

(** * What is stated *)

(** The probabilists' Hermite polynomials. *)
Fixpoint He (k : nat) (z : R) : R :=
  match k with
  | 0%nat => 1
  | S i => match i with 0%nat => z | S j => z * He i z - INR i * He j z end
  end.

(** The density of the standard normal law. *)
Definition phi (z : R) : R := exp (- z ^ 2 / 2) / sqrt (2 * PI).

(** s(z) e^{s(z)/beta} He_k(z) phi(z) for a link s, an order k and a temperature beta. *)
Definition integrand (s : R -> R) (k : nat) (beta z : R) : R := s z * exp (s z / beta) * He k z * phi z.

(** Its integral over the whole line converges, *)
Definition converges (s : R -> R) (k : nat) (beta : R) : Prop :=
  ex_RInt_gen (integrand s k beta) (Rbar_locally m_infty) (Rbar_locally p_infty).

(** and is alpha_k, the tilted Hermite coefficient E[s(Z) e^{s(Z)/beta} He_k(Z)], Z standard normal. *)
Definition alpha (s : R -> R) (k : nat) (beta : R) : R :=
  RInt_gen (integrand s k beta) (Rbar_locally m_infty) (Rbar_locally p_infty).

(** * Lemmas: nothing below is stated about a link, all of it is proved here *)

Notation on_line f l := (is_RInt_gen f (Rbar_locally m_infty) (Rbar_locally p_infty) l).

(** The same in t = 1/beta, with any power of s; and with absolute values, to bound it. *)
Definition tilted (s : R -> R) (k i : nat) (t z : R) : R := s z ^ i * exp (t * s z) * He k z * phi z.
Definition size (s : R -> R) (k i : nat) (t z : R) : R := Rabs (s z) ^ i * exp (t * s z) * Rabs (He k z) * phi z.

Lemma exp_le (x y : R) : x <= y -> exp x <= exp y.
Proof. intros [less | ->]; [apply Rlt_le, exp_increasing, less | lra]. Qed.

(** ** Tails: |f(z)| <= A |z| e^{-c z^2} beyond r leaves at most A/c e^{-c r^2} outside [-r, r] *)

Section WholeLine.

Variables (f : R -> R) (A c r : R).
Hypothesis integrable : forall a b, ex_RInt f a b.
Hypothesis c_positive : 0 < c.
Hypothesis r_positive : 0 < r.
Hypothesis small : forall z, r <= Rabs z -> Rabs (f z) <= A * Rabs z * exp (- (c * z ^ 2)).

Let rest (z : R) := A / (2 * c) * exp (- (c * z ^ 2)).

Lemma A_nonnegative : 0 <= A.
Proof.
assert (Hr : r <= Rabs r) by apply Rle_abs.
assert (H := small r Hr). assert (H0 := Rabs_pos (f r)). assert (He0 := exp_pos (- (c * r ^ 2))).
destruct (Rle_or_lt 0 A) as [ok | bad]; [exact ok |].
assert (A * Rabs r * exp (- (c * r ^ 2)) < 0); [| lra].
assert (0 < Rabs r * exp (- (c * r ^ 2))) by (apply Rmult_lt_0_compat; lra). nra.
Qed.

Lemma rest_derive (z : R) : is_derive rest z (- (A * z * exp (- (c * z ^ 2)))).
Proof. unfold rest. auto_derive; [exact I |]. replace (z * (z * 1)) with (z ^ 2) by ring. field; lra. Qed.

Lemma rest_integral (a b : R) : is_RInt (fun z => A * z * exp (- (c * z ^ 2))) a b (rest a - rest b).
Proof.
replace (rest a - rest b) with (minus (- rest b) (- rest a)) by (unfold minus, plus, opp; simpl; ring).
apply (is_RInt_derive (fun z => - rest z)).
- intros z _. replace (A * z * exp (- (c * z ^ 2))) with (- (- (A * z * exp (- (c * z ^ 2))))) by ring.
  apply (is_derive_opp rest), rest_derive.
- intros z _. apply (ex_derive_continuous (fun z => A * z * exp (- (c * z ^ 2)))). auto_derive. exact I.
Qed.

Lemma rest_nonnegative (z : R) : 0 <= rest z.
Proof.
unfold rest. apply Rmult_le_pos; [| apply Rlt_le, exp_pos].
apply Rmult_le_pos; [apply A_nonnegative | apply Rlt_le, Rinv_0_lt_compat; lra].
Qed.

Lemma own_integral (a b : R) : is_RInt f a b (RInt f a b).
Proof. apply (RInt_correct (V := R_CompleteNormedModule)), integrable. Qed.

Lemma right_piece (a b : R) : r <= a <= b -> Rabs (RInt f a b) <= rest a.
Proof.
intros [ra ab].
apply Rle_trans with (rest a - rest b); [| assert (H := rest_nonnegative b); lra].
apply (norm_RInt_le f (fun z => A * z * exp (- (c * z ^ 2))) a b (RInt f a b)).
- exact ab.
- intros z [az _]. assert (H : Rabs z = z) by (apply Rabs_right; lra).
  assert (S := small z). rewrite H in S. apply S. lra.
- apply own_integral.
- apply rest_integral.
Qed.

Lemma left_piece (a b : R) : a <= b <= - r -> Rabs (RInt f a b) <= rest b.
Proof.
intros [ab br].
apply Rle_trans with (rest b - rest a); [| assert (H := rest_nonnegative a); lra].
apply (norm_RInt_le f (fun z => - (A * z * exp (- (c * z ^ 2)))) a b (RInt f a b)).
- exact ab.
- intros z [_ zb]. assert (H : Rabs z = - z) by (apply Rabs_left; lra).
  assert (S := small z). rewrite H in S.
  replace (- (A * z * exp (- (c * z ^ 2)))) with (A * - z * exp (- (c * z ^ 2))) by ring.
  apply S. lra.
- apply own_integral.
- replace (rest b - rest a) with (- (rest a - rest b)) by ring.
  apply (is_RInt_opp (fun z => A * z * exp (- (c * z ^ 2)))), rest_integral.
Qed.

Lemma rest_even (z : R) : rest (- z) = rest z.
Proof. unfold rest. do 3 f_equal. ring. Qed.

Lemma rest_decreases (a b : R) : 0 <= a <= b -> rest b <= rest a.
Proof.
intros H. unfold rest. apply Rmult_le_compat_l.
- apply Rmult_le_pos; [apply A_nonnegative | apply Rlt_le, Rinv_0_lt_compat; lra].
- apply exp_le. assert (a ^ 2 <= b ^ 2) by nra. nra.
Qed.

Lemma chasles (a b d : R) : RInt f a d = RInt f a b + RInt f b d.
Proof. symmetry. apply (RInt_Chasles f a b d); apply integrable. Qed.

(** Both ends lie beyond q. *)
Lemma right_ends (a b q : R) : r <= q -> q <= a -> q <= b -> Rabs (RInt f a b) <= rest q.
Proof.
intros rq qa qb. destruct (Rle_dec a b) as [ab | ba].
- apply Rle_trans with (rest a); [apply right_piece; lra | apply rest_decreases; lra].
- assert (S := opp_RInt_swap f b a (integrable b a)). unfold opp in S; simpl in S.
  rewrite <- S, Rabs_Ropp.
  apply Rle_trans with (rest b); [apply right_piece; lra | apply rest_decreases; lra].
Qed.

Lemma left_ends (a b q : R) : r <= q -> a <= - q -> b <= - q -> Rabs (RInt f a b) <= rest q.
Proof.
intros rq qa qb. destruct (Rle_dec a b) as [ab | ba].
- apply Rle_trans with (rest b); [apply left_piece; lra |].
  rewrite <- rest_even. apply rest_decreases; lra.
- assert (S := opp_RInt_swap f b a (integrable b a)). unfold opp in S; simpl in S.
  rewrite <- S, Rabs_Ropp.
  apply Rle_trans with (rest a); [apply left_piece; lra |].
  rewrite <- rest_even. apply rest_decreases; lra.
Qed.

Lemma rest_vanishes (eps : R) : 0 < eps -> exists q, r <= q /\ 2 * rest q < eps.
Proof.
intros positive. assert (An := A_nonnegative).
exists (r + 1 + A / (c * c * eps)).
set (q := r + 1 + A / (c * c * eps)).
assert (Q : 0 <= A / (c * c * eps)) by (apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; repeat apply Rmult_lt_0_compat; lra]).
split; [unfold q; lra |].
assert (q1 : 1 < q) by (unfold q; lra).
assert (E : exp (- (c * q ^ 2)) * (c * q) <= 1).
{ assert (X := exp_ineq1_le (c * q ^ 2)). rewrite exp_Ropp.
  assert (c * q <= c * q ^ 2) by (apply Rmult_le_compat_l; [lra | nra]).
  assert (c * q <= exp (c * q ^ 2)) by lra.
  assert (P := exp_pos (c * q ^ 2)).
  apply Rmult_le_reg_l with (exp (c * q ^ 2)); [exact P |].
  rewrite <- Rmult_assoc, Rinv_r by lra. lra. }
assert (B : A < c * c * eps * q).
{ unfold q. replace (c * c * eps * (r + 1 + A / (c * c * eps))) with (c * c * eps * (r + 1) + A) by (field; lra).
  assert (0 < c * c * eps * (r + 1)) by (repeat apply Rmult_lt_0_compat; lra). lra. }
unfold rest. replace (2 * (A / (2 * c) * exp (- (c * q ^ 2)))) with (A * exp (- (c * q ^ 2)) / c) by (field; lra).
apply Rmult_lt_reg_r with (c * (c * q)); [repeat apply Rmult_lt_0_compat; lra |].
replace (A * exp (- (c * q ^ 2)) / c * (c * (c * q))) with (A * (exp (- (c * q ^ 2)) * (c * q))) by (field; lra).
apply Rle_lt_trans with (A * 1); [apply Rmult_le_compat_l; lra |].
replace (eps * (c * (c * q))) with (c * c * eps * q) by ring. lra.
Qed.

Theorem whole_line : exists l, on_line f l /\ Rabs (l - RInt f (- r) r) <= A / c * exp (- (c * r ^ 2)).
Proof.
pose (F := fun ends : R * R => RInt f (fst ends) (snd ends)).
destruct (proj1 (filterlim_locally_cauchy (U := R_CompleteNormedModule)
  (F := filter_prod (Rbar_locally m_infty) (Rbar_locally p_infty)) F)) as [l L].
- intros eps. destruct (rest_vanishes (eps / 2)) as [q [rq small_rest]]; [destruct eps; simpl; lra |].
  exists (fun ends => fst ends < - q /\ q < snd ends). split.
  + apply (Filter_prod _ _ _ (fun x => x < - q) (fun x => q < x)); [exists (- q); auto | exists q; auto | auto].
  + intros [a b] [a' b'] [Ha Hb] [Ha' Hb']; simpl in *. unfold F; simpl.
    change (Rabs (RInt f a' b' - RInt f a b) < eps).
    rewrite (chasles a' a b'), (chasles a b b').
    replace (RInt f a' a + (RInt f a b + RInt f b b') - RInt f a b) with (RInt f a' a + RInt f b b') by ring.
    eapply Rle_lt_trans; [apply Rabs_triang |].
    assert (H1 := left_ends a' a q rq ltac:(lra) ltac:(lra)).
    assert (H2 := right_ends b b' q rq ltac:(lra) ltac:(lra)).
    assert (H3 := cond_pos eps). lra.
- exists l. split.
  + intros P HP. specialize (L P HP). unfold filtermap, F in L. unfold filtermapi.
    eapply filter_imp; [| exact L]. intros [a b] H. exists (RInt f a b). split; [| exact H].
    apply own_integral.
  + apply Rle_trans with (2 * rest r); [| right; unfold rest; field; lra].
    apply le_epsilon. intros eps positive.
    specialize (L (fun x => Rabs (x - l) < eps)). unfold filtermap in L.
    assert (near : locally l (fun x => Rabs (x - l) < eps)) by (exists (mkposreal eps positive); intros y Hy; exact Hy).
    specialize (L near).
    assert (far : filter_prod (Rbar_locally m_infty) (Rbar_locally p_infty) (fun ends => fst ends < - r /\ r < snd ends)).
    { apply (Filter_prod _ _ _ (fun x => x < - r) (fun x => r < x)); [exists (- r); auto | exists r; auto | auto]. }
    destruct (filter_ex _ (filter_and _ _ L far)) as [[a b] [close [Ha Hb]]]. unfold F in close; simpl in *.
    rewrite (chasles a (- r) b), (chasles (- r) r b) in close.
    assert (H1 := left_ends a (- r) r ltac:(lra) ltac:(lra) ltac:(lra)).
    assert (H2 := right_ends r b r ltac:(lra) ltac:(lra) ltac:(lra)).
    revert close H1 H2. unfold Rabs; repeat destruct Rcase_abs; lra.
Qed.

End WholeLine.

(** ** |He_k(z)| <= He_size(k) |z|^k where |z| >= 1 *)

Fixpoint He_size (k : nat) : R :=
  match k with
  | 0%nat => 1
  | S i => match i with 0%nat => 1 | S j => He_size i + INR i * He_size j end
  end.

Lemma two_steps (P : nat -> Prop) :
  P 0%nat -> P 1%nat -> (forall j, P j -> P (S j) -> P (S (S j))) -> forall k, P k.
Proof.
intros zero one step k. assert (both : P k /\ P (S k)); [| apply both].
induction k as [| k [here next]]; split; auto.
Qed.

Lemma He_step (j : nat) (z : R) : He (S (S j)) z = z * He (S j) z - INR (S j) * He j z.
Proof. reflexivity. Qed.

Lemma He_size_step (j : nat) : He_size (S (S j)) = He_size (S j) + INR (S j) * He_size j.
Proof. reflexivity. Qed.

Lemma He_size_nonnegative (k : nat) : 0 <= He_size k.
Proof.
induction k as [| | j H0 H1] using two_steps; try (simpl; lra).
rewrite He_size_step. assert (P := pos_INR (S j)). nra.
Qed.

Lemma He_growth (k : nat) (z : R) : 1 <= Rabs z -> Rabs (He k z) <= He_size k * Rabs z ^ k.
Proof.
intros large. induction k as [| | j H0 H1] using two_steps.
- simpl. rewrite Rabs_R1. lra.
- simpl. lra.
- rewrite He_step, He_size_step. unfold Rminus. eapply Rle_trans; [apply Rabs_triang |].
  rewrite Rabs_Ropp, !Rabs_mult, (Rabs_right (INR (S j))) by (apply Rle_ge, pos_INR).
  assert (P := pos_INR (S j)). assert (Sz := He_size_nonnegative j).
  assert (W : 0 <= Rabs z ^ j) by (apply pow_le; lra).
  replace ((He_size (S j) + INR (S j) * He_size j) * Rabs z ^ S (S j))
    with (Rabs z * (He_size (S j) * Rabs z ^ S j) + INR (S j) * (He_size j * (Rabs z * (Rabs z * Rabs z ^ j))))
    by (simpl; ring).
  apply Rplus_le_compat.
  + apply Rmult_le_compat_l; lra.
  + apply Rmult_le_compat_l; [exact P |]. eapply Rle_trans; [exact H0 |].
    apply Rmult_le_compat_l; [exact Sz |]. assert (Rabs z ^ j <= Rabs z * Rabs z ^ j) by nra. nra.
Qed.

Lemma He_bound (k : nat) (x : R) : Rabs (He k x) <= He_size k * (1 + Rabs x) ^ k.
Proof.
assert (X := Rabs_pos x). induction k as [| | j H0 H1] using two_steps.
- simpl. rewrite Rabs_R1. lra.
- simpl. lra.
- rewrite He_step, He_size_step. unfold Rminus. eapply Rle_trans; [apply Rabs_triang |].
  rewrite Rabs_Ropp, !Rabs_mult, (Rabs_right (INR (S j))) by (apply Rle_ge, pos_INR).
  assert (P := pos_INR (S j)). assert (Sz := He_size_nonnegative j). assert (Sn := He_size_nonnegative (S j)).
  assert (W : 0 <= (1 + Rabs x) ^ j) by (apply pow_le; lra).
  replace ((He_size (S j) + INR (S j) * He_size j) * (1 + Rabs x) ^ S (S j))
    with ((1 + Rabs x) * (He_size (S j) * (1 + Rabs x) ^ S j)
      + INR (S j) * (He_size j * ((1 + Rabs x) * ((1 + Rabs x) * (1 + Rabs x) ^ j)))) by (simpl; ring).
  apply Rplus_le_compat.
  + apply Rmult_le_compat; [exact X | apply Rabs_pos | lra | exact H1].
  + apply Rmult_le_compat_l; [exact P |]. eapply Rle_trans; [exact H0 |].
    apply Rmult_le_compat_l; [exact Sz |].
    assert ((1 + Rabs x) ^ j <= (1 + Rabs x) * (1 + Rabs x) ^ j) by nra. nra.
Qed.

Lemma exp_power (x : R) (n : nat) : exp (INR n * x) = exp x ^ n.
Proof.
induction n as [| n IH]; [simpl; rewrite Rmult_0_l; apply exp_0 |].
rewrite S_INR, Rmult_plus_distr_r, Rmult_1_l, exp_plus, IH. simpl. ring.
Qed.

Lemma power_absorbed (c x : R) (n p : nat) :
  0 < c -> 1 <= x -> (p <= 2 * S n)%nat -> x ^ p <= (INR (S n) / c) ^ S n * exp (c * x ^ 2).
Proof.
intros positive large few. assert (N : 0 < INR (S n)) by (apply lt_0_INR; lia).
apply Rle_trans with (x ^ (2 * S n)); [apply Rle_pow; assumption |].
rewrite pow_mult. replace (c * x ^ 2) with (INR (S n) * (c * x ^ 2 / INR (S n))) by (field; lra).
rewrite exp_power, <- Rpow_mult_distr. apply pow_incr. split; [nra |].
assert (X := exp_ineq1_le (c * x ^ 2 / INR (S n))).
replace (x ^ 2) with (INR (S n) / c * (c * x ^ 2 / INR (S n))) at 1 by (field; lra).
apply Rmult_le_compat_l; [apply Rlt_le, Rdiv_lt_0_compat; lra | lra].
Qed.

Lemma phi_bounds (z : R) : 0 < phi z <= exp (- z ^ 2 / 2).
Proof.
unfold phi. assert (E := exp_pos (- z ^ 2 / 2)).
assert (Q : 1 <= sqrt (2 * PI)) by interval. split.
- apply Rdiv_lt_0_compat; lra.
- apply Rmult_le_reg_r with (sqrt (2 * PI)); [lra |]. unfold Rdiv.
  rewrite Rmult_assoc, Rinv_l by lra. nra.
Qed.

(** ** Links: continuous functions of s(z) and z have integrals over bounded intervals *)

Definition tame (s : R -> R) : Prop :=
  forall F : R -> R -> R, (forall q : R * R, continuous (fun p : R * R => F (fst p) (snd p)) q) ->
  forall a b, ex_RInt (fun z => F (s z) z) a b.

Lemma tame_ext (s p : R -> R) : (forall z, s z = p z) -> tame p -> tame s.
Proof.
intros same tame_p F joint a b. apply ex_RInt_ext with (fun z => F (p z) z); [| apply tame_p, joint].
intros z _. rewrite same. reflexivity.
Qed.

Lemma continuous_tame (s : R -> R) : (forall z, continuous s z) -> tame s.
Proof.
intros cont F joint a b. apply (ex_RInt_continuous (V := R_CompleteNormedModule)). intros z _.
apply (continuous_comp_2 s (fun z => z) F); [apply cont | apply continuous_id | apply joint].
Qed.

(** Links that jump: pieces between cuts, from the last one on the right to the first. *)
Definition tame_from (s : R -> R) (x : R) : Prop :=
  forall F : R -> R -> R, (forall q : R * R, continuous (fun p : R * R => F (fst p) (snd p)) q) ->
  forall b, x <= b -> ex_RInt (fun z => F (s z) z) x b.

Lemma piece_tame (s p : R -> R) (F : R -> R -> R) (a b : R) : tame p ->
  (forall q : R * R, continuous (fun p : R * R => F (fst p) (snd p)) q) -> a <= b ->
  (forall z, a < z < b -> s z = p z) -> ex_RInt (fun z => F (s z) z) a b.
Proof.
intros tame_p joint ab same. apply ex_RInt_ext with (fun z => F (p z) z); [| apply tame_p, joint].
intros z. rewrite Rmin_left, Rmax_right by lra. intros H. rewrite same; auto.
Qed.

Lemma last_piece (s p : R -> R) (x : R) : tame p -> (forall z, x < z -> s z = p z) -> tame_from s x.
Proof. intros tame_p same F joint b xb. apply (piece_tame s p); auto. intros z H. apply same. lra. Qed.

Lemma next_piece (s p : R -> R) (x y : R) : tame p -> x <= y -> (forall z, x < z < y -> s z = p z) ->
  tame_from s y -> tame_from s x.
Proof.
intros tame_p xy same rest F joint b xb. destruct (Rle_dec b y) as [by_ | yb].
- apply (piece_tame s p); auto. intros z H. apply same. lra.
- apply ex_RInt_Chasles with y; [apply (piece_tame s p); auto | apply rest; [exact joint | lra]].
Qed.

Lemma first_piece (s p : R -> R) (x : R) : tame p -> (forall z, z < x -> s z = p z) -> tame_from s x -> tame s.
Proof.
intros tame_p same rest F joint.
assert (from : forall a, ex_RInt (fun z => F (s z) z) a x).
{ intros a. destruct (Rle_dec a x) as [ax | xa].
  - apply (piece_tame s p); auto. intros z H. apply same. lra.
  - apply ex_RInt_swap, rest; [exact joint | lra]. }
intros a b. apply ex_RInt_Chasles with x; [apply from | apply ex_RInt_swap, from].
Qed.

Lemma continuous_power (f : R * R -> R) (n : nat) (q : R * R) :
  continuous f q -> continuous (fun p => f p ^ n) q.
Proof.
intros cont. induction n as [| n IH]; simpl; [apply continuous_const |].
apply (continuous_mult (K := R_AbsRing) f (fun p => f p ^ n)); assumption.
Qed.

Lemma He_continuous (k : nat) (z : R) : continuous (He k) z.
Proof.
induction k as [| | j H0 H1] using two_steps.
- apply continuous_const.
- apply continuous_id.
- apply (continuous_minus (V := R_NormedModule) (fun z => z * He (S j) z) (fun z => INR (S j) * He j z)).
  + apply (continuous_mult (K := R_AbsRing) (fun z => z) (He (S j))); [apply continuous_id | exact H1].
  + apply (continuous_mult (K := R_AbsRing) (fun _ => INR (S j)) (He j)); [apply continuous_const | exact H0].
Qed.

Lemma phi_continuous (z : R) : continuous phi z.
Proof.
apply (ex_derive_continuous phi). unfold phi. auto_derive. 
assert (Q : 0 < sqrt (2 * PI)) by interval. assert (H := PI_RGT_0). repeat split; lra.
Qed.

Lemma continuous_product (f g : R * R -> R) (q : R * R) :
  continuous f q -> continuous g q -> continuous (fun p => f p * g p) q.
Proof. apply (continuous_mult (K := R_AbsRing) f g). Qed.

Lemma continuous_of_z (f : R -> R) (q : R * R) : (forall z, continuous f z) -> continuous (fun p => f (snd p)) q.
Proof. intros cont. apply (continuous_comp snd f); [destruct q; apply continuous_snd | apply cont]. Qed.

Lemma continuous_of_y (f : R -> R) (q : R * R) : (forall y, continuous f y) -> continuous (fun p => f (fst p)) q.
Proof. intros cont. apply (continuous_comp fst f); [destruct q; apply continuous_fst | apply cont]. Qed.

Lemma tilted_integrable (s : R -> R) (k i : nat) (t a b : R) : tame s -> ex_RInt (tilted s k i t) a b.
Proof.
intros tame_s. apply (tame_s (fun y z => y ^ i * exp (t * y) * He k z * phi z)). intros q.
apply continuous_product; [apply continuous_product; [apply continuous_product |] |].
- apply (continuous_of_y (fun y => y ^ i)). intros y. apply (ex_derive_continuous (fun y => y ^ i)).
  auto_derive. exact I.
- apply (continuous_of_y (fun y => exp (t * y))). intros y. apply (ex_derive_continuous (fun y => exp (t * y))).
  auto_derive. exact I.
- apply (continuous_of_z (He k)), He_continuous.
- apply (continuous_of_z phi), phi_continuous.
Qed.

Lemma size_integrable (s : R -> R) (k i : nat) (t a b : R) : tame s -> ex_RInt (size s k i t) a b.
Proof.
intros tame_s. apply (tame_s (fun y z => Rabs y ^ i * exp (t * y) * Rabs (He k z) * phi z)). intros q.
apply continuous_product; [apply continuous_product; [apply continuous_product |] |].
- apply (continuous_power (fun p => Rabs (fst p))), (continuous_of_y Rabs), continuous_Rabs.
- apply (continuous_of_y (fun y => exp (t * y))). intros y. apply (ex_derive_continuous (fun y => exp (t * y))).
  auto_derive. exact I.
- apply (continuous_of_z (fun z => Rabs (He k z))). intros z. apply continuous_Rabs_comp, He_continuous.
- apply (continuous_of_z phi), phi_continuous.
Qed.

(** ** How links may grow: |s| <= P |z|^m e^{q z^2} and t s <= a z^2 + b where |z| >= r, a + i q < 1/2 *)

Section Tails.

Variables (s : R -> R) (k i m n : nat) (t P q a b c d r : R).
Hypothesis tame_s : tame s.
Hypothesis r_large : 1 <= r.
Hypothesis P_nonnegative : 0 <= P.
Hypothesis c_positive : 0 < c.
Hypothesis d_positive : 0 < d.
Hypothesis rates : INR i * q + a + c + d <= 1 / 2.
Hypothesis few : (m * i + k <= 2 * S n + 1)%nat.
Hypothesis growth : forall z, r <= Rabs z ->
  Rabs (s z) <= P * Rabs z ^ m * exp (q * z ^ 2) /\ t * s z <= a * z ^ 2 + b.

Definition tail_size : R := P ^ i * He_size k * exp b * (INR (S n) / d) ^ S n.

Lemma tail_term (z : R) : r <= Rabs z ->
  Rabs (s z) ^ i * exp (t * s z) * Rabs (He k z) * phi z <= tail_size * Rabs z * exp (- (c * z ^ 2)).
Proof.
intros far. destruct (growth z far) as [bound tilt]. assert (one : 1 <= Rabs z) by lra.
assert (x2 : Rabs z ^ 2 = z ^ 2) by (rewrite RPow_abs; apply Rabs_right; nra).
assert (Hs := He_size_nonnegative k). assert (Ph := phi_bounds z). assert (Et := exp_pos (t * s z)).
assert (B1 : Rabs (s z) ^ i <= P ^ i * Rabs z ^ (m * i) * exp (INR i * q * z ^ 2)).
{ rewrite pow_mult, (Rmult_assoc (INR i)), exp_power, <- !Rpow_mult_distr. apply pow_incr. split; [apply Rabs_pos | exact bound]. }
assert (B2 : exp (t * s z) <= exp (a * z ^ 2 + b)) by (apply exp_le; exact tilt).
assert (B3 := He_growth k z one).
assert (P1 : 0 <= Rabs (s z) ^ i) by apply pow_le, Rabs_pos.
assert (B4 : Rabs z ^ (m * i + k) <= Rabs z * ((INR (S n) / d) ^ S n * exp (d * z ^ 2))).
{ apply Rle_trans with (Rabs z ^ S (2 * S n)); [apply Rle_pow; [exact one | lia] |].
  change (Rabs z ^ S (2 * S n)) with (Rabs z * Rabs z ^ (2 * S n)). apply Rmult_le_compat_l; [lra |]. rewrite <- x2. apply (power_absorbed d (Rabs z) n (2 * S n)); auto. }
apply Rle_trans with ((P ^ i * Rabs z ^ (m * i) * exp (INR i * q * z ^ 2)) * exp (a * z ^ 2 + b)
  * (He_size k * Rabs z ^ k) * exp (- z ^ 2 / 2)).
{ apply Rmult_le_compat; [| apply Rlt_le, Ph | | apply Ph].
  - repeat apply Rmult_le_pos; [exact P1 | apply Rlt_le; exact Et | apply Rabs_pos].
  - apply Rmult_le_compat; [apply Rmult_le_pos; [exact P1 | apply Rlt_le; exact Et] | apply Rabs_pos | | exact B3].
    apply Rmult_le_compat; [exact P1 | apply Rlt_le; exact Et | exact B1 | exact B2]. }
replace (P ^ i * Rabs z ^ (m * i) * exp (INR i * q * z ^ 2) * exp (a * z ^ 2 + b) * (He_size k * Rabs z ^ k) * exp (- z ^ 2 / 2))
  with (P ^ i * He_size k * exp b * exp (INR i * q * z ^ 2 + a * z ^ 2 - z ^ 2 / 2) * (Rabs z ^ (m * i + k)))
  by (rewrite pow_add; unfold Rminus; rewrite !exp_plus; replace (- z ^ 2 / 2) with (- (z ^ 2 / 2)) by field; ring).
assert (C : 0 <= P ^ i * He_size k * exp b).
{ repeat apply Rmult_le_pos; [apply pow_le, P_nonnegative | exact Hs | apply Rlt_le, exp_pos]. }
eapply Rle_trans; [apply Rmult_le_compat_l; [apply Rmult_le_pos; [exact C | apply Rlt_le, exp_pos] | exact B4] |].
unfold tail_size.
apply Rle_trans with (P ^ i * He_size k * exp b * (INR (S n) / d) ^ S n * Rabs z
  * exp (INR i * q * z ^ 2 + a * z ^ 2 - z ^ 2 / 2 + d * z ^ 2)).
{ rewrite (exp_plus _ (d * z ^ 2)). right. ring. }
apply Rmult_le_compat_l.
- apply Rmult_le_pos; [apply Rmult_le_pos; [exact C |] | apply Rabs_pos].
  apply pow_le, Rlt_le, Rdiv_lt_0_compat; [apply lt_0_INR; lia | exact d_positive].
- apply exp_le. assert (0 <= z ^ 2) by nra. nra.
Qed.

Lemma phi_abs (z : R) : Rabs (phi z) = phi z.
Proof. apply Rabs_right. assert (H := phi_bounds z). lra. Qed.

Theorem tilted_value : exists l, on_line (tilted s k i t) l /\
  Rabs (l - RInt (tilted s k i t) (- r) r) <= tail_size / c * exp (- (c * r ^ 2)).
Proof.
apply whole_line; auto; try lra.
- intros x y. apply tilted_integrable, tame_s.
- intros z far. unfold tilted. rewrite !Rabs_mult, <- RPow_abs, phi_abs, (Rabs_right (exp _)) by (apply Rle_ge, Rlt_le, exp_pos).
  apply tail_term, far.
Qed.

Theorem size_value : exists l, on_line (size s k i t) l /\
  Rabs (l - RInt (size s k i t) (- r) r) <= tail_size / c * exp (- (c * r ^ 2)).
Proof.
apply whole_line; auto; try lra.
- intros x y. apply size_integrable, tame_s.
- intros z far. unfold size.
  rewrite !Rabs_mult, <- RPow_abs, !Rabs_Rabsolu, phi_abs, (Rabs_right (exp _)) by (apply Rle_ge, Rlt_le, exp_pos).
  apply tail_term, far.
Qed.

End Tails.

(** What is integrated, as a function of s(z) and z and without the constant of phi, and its integral cut in two.
    Both exponentials are taken apart or joined, whichever Taylor models bound better: apart for bounded links. *)
Definition weighted (apart : bool) (t y z f : R) : R :=
  if apart then exp (- (z ^ 2 / 2)) * f * exp (t * y) else exp (t * y - z ^ 2 / 2) * f.
Definition term (apart : bool) (k i : nat) (t y z : R) : R := weighted apart t y z (He k z) * y ^ i.
Definition size_term (apart : bool) (k i : nat) (t y z : R) : R := weighted apart t y z (Rabs (He k z)) * Rabs y ^ i.

Lemma weighted_apart (apart : bool) (t y z f : R) : weighted true t y z f = weighted apart t y z f.
Proof.
destruct apart; [reflexivity |]. simpl. replace (t * y - z * (z * 1) / 2) with (t * y + - (z * (z * 1) / 2)) by ring.
rewrite exp_plus. ring.
Qed.

Lemma weighted_joint (apart : bool) (f g : R -> R) (i : nat) (t : R) (q : R * R) :
  (forall z, continuous f z) -> (forall y, continuous g y) ->
  continuous (fun p : R * R => weighted apart t (fst p) (snd p) (f (snd p)) * g (fst p) ^ i) q.
Proof.
intros cont_f cont_g.
apply continuous_product; [| apply (continuous_power (fun p => g (fst p))), continuous_of_y, cont_g].
apply (continuous_ext (fun p : R * R => exp (- (snd p ^ 2 / 2)) * f (snd p) * exp (t * fst p)));
  [intros p; apply (weighted_apart apart) |].
apply continuous_product; [apply continuous_product; [| apply continuous_of_z, cont_f] |].
- apply (continuous_of_z (fun z => exp (- (z ^ 2 / 2)))). intros z.
  apply (ex_derive_continuous (fun z => exp (- (z ^ 2 / 2)))). auto_derive. exact I.
- apply (continuous_of_y (fun y => exp (t * y))). intros y. apply (ex_derive_continuous (fun y => exp (t * y))).
  auto_derive. exact I.
Qed.

Lemma term_joint (apart : bool) (k i : nat) (t : R) (q : R * R) :
  continuous (fun p : R * R => term apart k i t (fst p) (snd p)) q.
Proof. apply (weighted_joint apart (He k) (fun y => y)); [apply He_continuous | intros y; apply continuous_id]. Qed.

Lemma size_term_joint (apart : bool) (k i : nat) (t : R) (q : R * R) :
  continuous (fun p : R * R => size_term apart k i t (fst p) (snd p)) q.
Proof.
apply (weighted_joint apart (fun z => Rabs (He k z)) Rabs); [| apply continuous_Rabs].
intros z. apply continuous_Rabs_comp, He_continuous.
Qed.

Lemma cut (s p : R -> R) (F : R -> R -> R) (x y w : R) :
  (forall q : R * R, continuous (fun p : R * R => F (fst p) (snd p)) q) -> tame s -> x <= y ->
  (forall z, x < z < y -> s z = p z) ->
  RInt (fun z => F (s z) z) x w = RInt (fun z => F (p z) z) x y + RInt (fun z => F (s z) z) y w.
Proof.
intros joint tame_s xy same.
rewrite <- (RInt_Chasles (fun z => F (s z) z) x y w); [| apply tame_s, joint | apply tame_s, joint].
unfold plus; simpl. f_equal. apply RInt_ext. intros z. rewrite Rmin_left, Rmax_right by lra. intros H.
rewrite same; auto.
Qed.

Lemma integrand_tilted (s : R -> R) (k : nat) (beta z : R) : tilted s k 1 (/ beta) z = integrand s k beta z.
Proof. unfold tilted, integrand, Rdiv. rewrite pow_1, (Rmult_comm (/ beta)). reflexivity. Qed.

Lemma on_line_ext (f g : R -> R) (l : R) : (forall z, f z = g z) -> on_line f l -> on_line g l.
Proof. intros same. apply is_RInt_gen_ext. apply filter_forall. auto. Qed.

Lemma on_line_unique (f : R -> R) (l : R) :
  on_line f l -> RInt_gen f (Rbar_locally m_infty) (Rbar_locally p_infty) = l.
Proof. apply (is_RInt_gen_unique (V := R_CompleteNormedModule)). Qed.

(** From the plain integral over [-r, r], without the constant of phi, to the line. *)
Lemma from_plain (f g : R -> R) (r low high tail lo hi : R) :
  (forall z, f z * sqrt (2 * PI) = g z) -> (forall a b, ex_RInt f a b) ->
  (exists l, on_line f l /\ Rabs (l - RInt f (- r) r) <= tail) ->
  low <= RInt g (- r) r <= high -> lo <= low / sqrt (2 * PI) - tail -> high / sqrt (2 * PI) + tail <= hi ->
  exists l, on_line f l /\ lo <= l <= hi.
Proof.
intros plain integrable [l [L near]] inside below above. exists l. split; [exact L |].
assert (Q : 1 <= sqrt (2 * PI)) by interval.
assert (scaled : RInt g (- r) r = sqrt (2 * PI) * RInt f (- r) r).
{ rewrite (RInt_ext g (fun z => scal (sqrt (2 * PI)) (f z))).
  - apply (RInt_scal (V := R_CompleteNormedModule)), integrable.
  - intros z _. rewrite <- plain. apply Rmult_comm. }
assert (back : forall x q : R, 1 <= q -> x = q * x / q) by (intros; field; lra).
assert (same : RInt f (- r) r = RInt g (- r) r / sqrt (2 * PI)) by (rewrite scaled; apply back, Q).
rewrite same in near.
assert (I0 : 0 <= / sqrt (2 * PI)) by (apply Rlt_le, Rinv_0_lt_compat; lra).
assert (B1 : low / sqrt (2 * PI) <= RInt g (- r) r / sqrt (2 * PI)) by (apply Rmult_le_compat_r; [exact I0 | lra]).
assert (B2 : RInt g (- r) r / sqrt (2 * PI) <= high / sqrt (2 * PI)) by (apply Rmult_le_compat_r; [exact I0 | lra]).
revert near. unfold Rabs; destruct Rcase_abs; lra.
Qed.

Lemma without_root (apart : bool) (t p y q z : R) :
  p * exp (t * y) * q * phi z * sqrt (2 * PI) = weighted apart t y z q * p.
Proof.
rewrite <- weighted_apart. unfold phi, weighted. replace (- z ^ 2 / 2) with (- (z ^ 2 / 2)) by field. field.
assert (1 <= sqrt (2 * PI)) by interval. lra.
Qed.

Theorem tilted_enclosed (apart : bool) (s : R -> R) (k i m n : nat) (t P q a b c d r low high lo hi : R) :
  tame s -> 1 <= r -> 0 <= P -> 0 < c -> 0 < d -> INR i * q + a + c + d <= 1 / 2 -> (m * i + k <= 2 * S n + 1)%nat ->
  (forall z, r <= Rabs z -> Rabs (s z) <= P * Rabs z ^ m * exp (q * z ^ 2) /\ t * s z <= a * z ^ 2 + b) ->
  low <= RInt (fun z => term apart k i t (s z) z) (- r) r <= high ->
  lo <= low / sqrt (2 * PI) - tail_size k i n P b d / c * exp (- (c * r ^ 2)) ->
  high / sqrt (2 * PI) + tail_size k i n P b d / c * exp (- (c * r ^ 2)) <= hi ->
  exists l, on_line (tilted s k i t) l /\ lo <= l <= hi.
Proof.
intros tame_s r1 P0 c0 d0 rates few growth inside below above.
apply (from_plain _ (fun z => term apart k i t (s z) z) r low high (tail_size k i n P b d / c * exp (- (c * r ^ 2)))); auto.
- intros z. unfold tilted. apply without_root.
- intros x y. apply tilted_integrable, tame_s.
- apply (tilted_value s k i m n t P q a b c d r); auto.
Qed.

Theorem size_enclosed (apart : bool) (s : R -> R) (k i m n : nat) (t P q a b c d r high hi : R) :
  tame s -> 1 <= r -> 0 <= P -> 0 < c -> 0 < d -> INR i * q + a + c + d <= 1 / 2 -> (m * i + k <= 2 * S n + 1)%nat ->
  (forall z, r <= Rabs z -> Rabs (s z) <= P * Rabs z ^ m * exp (q * z ^ 2) /\ t * s z <= a * z ^ 2 + b) ->
  RInt (fun z => size_term apart k i t (s z) z) (- r) r <= high ->
  high / sqrt (2 * PI) + tail_size k i n P b d / c * exp (- (c * r ^ 2)) <= hi ->
  exists l, on_line (size s k i t) l /\ l <= hi.
Proof.
intros tame_s r1 P0 c0 d0 rates few growth inside above.
set (g := fun z => size_term apart k i t (s z) z) in *.
set (tail := tail_size k i n P b d / c * exp (- (c * r ^ 2))) in *.
destruct (from_plain (size s k i t) g r (RInt g (- r) r) high tail (RInt g (- r) r / sqrt (2 * PI) - tail) hi)
  as [l [L bounds]]; auto; try lra.
- intros z. unfold size. apply without_root.
- intros x y. apply size_integrable, tame_s.
- apply (size_value s k i m n t P q a b c d r); auto.
- exists l. split; [exact L | lra].
Qed.

(** ** The growth of a link, from that of its parts: by a multiple of |z|^m e^{g |z|} *)

Definition scale (m : nat) (g z : R) : R := Rabs z ^ m * exp (g * Rabs z).

Definition grows (f : R -> R) (P : R) (m : nat) (g : R) : Prop :=
  0 <= P /\ forall z, 1 <= Rabs z -> Rabs (f z) <= P * scale m g z.

Lemma scale_0 (m : nat) (z : R) : scale m 0 z = Rabs z ^ m.
Proof. unfold scale. rewrite Rmult_0_l, exp_0. ring. Qed.

Lemma scale_le (m n : nat) (g h z : R) : (m <= n)%nat -> g <= h -> 1 <= Rabs z -> 0 < scale m g z <= scale n h z.
Proof.
intros mn gh one. unfold scale. assert (E := exp_le (g * Rabs z) (h * Rabs z) ltac:(nra)).
assert (W := pow_R1_Rle _ m one). assert (V := Rle_pow _ m n one mn). assert (X := exp_pos (g * Rabs z)).
split; [nra |]. apply Rmult_le_compat; lra.
Qed.

Lemma scale_1 (m : nat) (g z : R) : 0 <= g -> 1 <= Rabs z -> 1 <= scale m g z.
Proof. intros g0 one. assert (S := scale_le 0 m 0 g z ltac:(lia) g0 one). rewrite scale_0 in S. simpl in S. lra. Qed.

Lemma scale_mult (m n : nat) (g h z : R) : scale m g z * scale n h z = scale (m + n) (g + h) z.
Proof. unfold scale. rewrite pow_add, Rmult_plus_distr_r, exp_plus. ring. Qed.

Lemma scale_pow (m n : nat) (g z : R) : scale m g z ^ n = scale (m * n) (INR n * g) z.
Proof. unfold scale. rewrite Rpow_mult_distr, pow_mult, Rmult_assoc, exp_power. reflexivity. Qed.

Lemma grows_number (c : R) : grows (fun _ => c) (Rabs c) 0 0.
Proof. split; [apply Rabs_pos |]. intros z _. rewrite scale_0. simpl. lra. Qed.

Lemma grows_z : grows (fun z => z) 1 1 0.
Proof. split; [lra |]. intros z _. rewrite scale_0. lra. Qed.

Lemma grows_between (f : R -> R) (lo hi P : R) : (forall z, lo <= f z <= hi) -> - P <= lo -> hi <= P -> grows f P 0 0.
Proof.
intros bounds below above. split; [specialize (bounds 0); lra |].
intros z _. specialize (bounds z). rewrite scale_0. simpl. unfold Rabs; destruct Rcase_abs; lra.
Qed.

(** Whatever is at most the sum of two terms, as their sum, difference, minimum, maximum and choices are. *)
Lemma grows_within (f g h : R -> R) (P Q p q : R) (m n : nat) : (forall z, Rabs (h z) <= Rabs (f z) + Rabs (g z)) ->
  grows f P m p -> grows g Q n q -> grows h (P + Q) (Nat.max m n) (Rmax p q).
Proof.
intros within [P0 F] [Q0 G]. split; [lra |]. intros z one.
assert (S1 := scale_le m (Nat.max m n) p (Rmax p q) z ltac:(lia) (Rmax_l p q) one).
assert (S2 := scale_le n (Nat.max m n) q (Rmax p q) z ltac:(lia) (Rmax_r p q) one).
specialize (F z one). specialize (G z one). specialize (within z). nra.
Qed.

Lemma grows_plus (f g : R -> R) (P Q p q : R) (m n : nat) :
  grows f P m p -> grows g Q n q -> grows (fun z => f z + g z) (P + Q) (Nat.max m n) (Rmax p q).
Proof. apply grows_within. intros z. apply Rabs_triang. Qed.

Lemma grows_minus (f g : R -> R) (P Q p q : R) (m n : nat) :
  grows f P m p -> grows g Q n q -> grows (fun z => f z - g z) (P + Q) (Nat.max m n) (Rmax p q).
Proof. apply grows_within. intros z. rewrite <- (Rabs_Ropp (g z)). apply Rabs_triang. Qed.

Lemma grows_either (f g h : R -> R) (P Q p q : R) (m n : nat) : (forall z, h z = f z \/ h z = g z) ->
  grows f P m p -> grows g Q n q -> grows h (P + Q) (Nat.max m n) (Rmax p q).
Proof.
intros either. apply grows_within. intros z. assert (A := Rabs_pos (f z)). assert (B := Rabs_pos (g z)).
destruct (either z) as [-> | ->]; lra.
Qed.

Lemma grows_max (f g : R -> R) (P Q p q : R) (m n : nat) :
  grows f P m p -> grows g Q n q -> grows (fun z => Rmax (f z) (g z)) (P + Q) (Nat.max m n) (Rmax p q).
Proof. apply grows_either. intros z. unfold Rmax. destruct Rle_dec; auto. Qed.

Lemma grows_min (f g : R -> R) (P Q p q : R) (m n : nat) :
  grows f P m p -> grows g Q n q -> grows (fun z => Rmin (f z) (g z)) (P + Q) (Nat.max m n) (Rmax p q).
Proof. apply grows_either. intros z. unfold Rmin. destruct Rle_dec; auto. Qed.

Lemma grows_opp (f : R -> R) (P g : R) (m : nat) : grows f P m g -> grows (fun z => - f z) P m g.
Proof. intros [P0 F]. split; [exact P0 |]. intros z one. rewrite Rabs_Ropp. auto. Qed.

Lemma grows_abs (f : R -> R) (P g : R) (m : nat) : grows f P m g -> grows (fun z => Rabs (f z)) P m g.
Proof. intros [P0 F]. split; [exact P0 |]. intros z one. rewrite Rabs_Rabsolu. auto. Qed.

Lemma grows_mult (f g : R -> R) (P Q p q : R) (m n : nat) :
  grows f P m p -> grows g Q n q -> grows (fun z => f z * g z) (P * Q) (m + n) (p + q).
Proof.
intros [P0 F] [Q0 G]. split; [apply Rmult_le_pos; assumption |]. intros z one.
rewrite Rabs_mult, <- scale_mult.
replace (P * Q * (scale m p z * scale n q z)) with (P * scale m p z * (Q * scale n q z)) by ring.
apply Rmult_le_compat; auto using Rabs_pos.
Qed.

Lemma grows_pow (f : R -> R) (P g : R) (m n : nat) :
  grows f P m g -> grows (fun z => f z ^ n) (P ^ n) (m * n) (INR n * g).
Proof.
intros [P0 F]. split; [apply pow_le, P0 |]. intros z one.
rewrite <- RPow_abs, <- scale_pow, <- Rpow_mult_distr. apply pow_incr. split; [apply Rabs_pos | auto].
Qed.

Lemma grows_hermite (f : R -> R) (P g : R) (m k : nat) :
  grows f P m g -> 0 <= g -> grows (fun z => He k (f z)) (He_size k * (1 + P) ^ k) (m * k) (INR k * g).
Proof.
intros [P0 F] g0. assert (Hs := He_size_nonnegative k).
split; [apply Rmult_le_pos; [exact Hs | apply pow_le; lra] |]. intros z one.
rewrite Rmult_assoc. eapply Rle_trans; [apply (He_bound k (f z)) |].
apply Rmult_le_compat_l; [exact Hs |]. rewrite <- scale_pow, <- Rpow_mult_distr. apply pow_incr.
assert (W := scale_1 m g z g0 one). assert (A := Rabs_pos (f z)). specialize (F z one). split; [lra | nra].
Qed.

Lemma grows_softplus (f : R -> R) (P g : R) (m : nat) :
  grows f P m g -> 0 <= g -> grows (fun z => ln (1 + exp (f z))) (1 + P) m g.
Proof.
intros [P0 F] g0. split; [lra |]. intros z one. specialize (F z one).
assert (W := scale_1 m g z g0 one). assert (E := exp_pos (f z)).
assert (up : 1 + exp (f z) <= exp (1 + Rabs (f z))).
{ rewrite exp_plus. assert (exp (f z) <= exp (Rabs (f z))) by apply exp_le, Rle_abs.
  assert (1 <= exp (Rabs (f z))) by (rewrite <- exp_0 at 1; apply exp_le, Rabs_pos).
  assert (2 <= exp 1) by interval. nra. }
assert (0 <= ln (1 + exp (f z))) by (rewrite <- ln_1; apply ln_le; lra).
assert (ln (1 + exp (f z)) <= 1 + Rabs (f z)) by (rewrite <- (ln_exp (1 + Rabs (f z))); apply ln_le; lra).
rewrite Rabs_right by lra. nra.
Qed.

(** Bells: g < 0; and powers of z times a bell are bounded. *)
Lemma grows_bell (f : R -> R) (a2 a1 a0 : R) : a2 <= 0 -> (forall z, f z = a2 * z ^ 2 + a1 * z + a0) ->
  grows (fun z => exp (f z)) (exp a0) 0 (a2 + Rabs a1).
Proof.
intros falls shape. split; [apply Rlt_le, exp_pos |]. intros z one. unfold scale. rewrite pow_O, Rmult_1_l, <- exp_plus.
rewrite Rabs_right by apply Rgt_ge, exp_pos. apply exp_le. rewrite shape.
assert (x2 : Rabs z ^ 2 = z ^ 2) by (rewrite RPow_abs; apply Rabs_right; nra).
assert (more : 0 <= Rabs z ^ 2 - Rabs z) by nra. assert (square : 0 <= - a2 * (Rabs z ^ 2 - Rabs z)) by (apply Rmult_le_pos; lra).
rewrite x2 in square.
assert (middle : a1 * z <= Rabs a1 * Rabs z) by (rewrite <- Rabs_mult; apply Rle_abs). lra.
Qed.

Lemma grows_absorbed (f : R -> R) (P g G : R) (m : nat) : grows f P m g -> g <= - G -> 0 < G ->
  grows f (P * (INR m / G) ^ m) 0 0.
Proof.
intros [P0 F] gG G0.
assert (M : 0 <= INR m / G) by (apply Rdiv_le_0_compat; [apply pos_INR | exact G0]).
split; [apply Rmult_le_pos; [exact P0 | apply pow_le, M] |]. intros z one. specialize (F z one).
eapply Rle_trans; [exact F |]. rewrite scale_0, pow_O, Rmult_1_r. apply Rmult_le_compat_l; [exact P0 |].
eapply Rle_trans; [apply (scale_le m m g (- G) z ltac:(lia) gG one) |]. unfold scale.
destruct m as [| n]; [simpl; rewrite Rmult_1_l, <- exp_0; apply exp_le; nra |].
assert (N : 0 < INR (S n)) by (apply lt_0_INR; lia).
replace (- G * Rabs z) with (INR (S n) * - (G * Rabs z / INR (S n))) by (field; lra).
rewrite exp_power, <- Rpow_mult_distr. apply pow_incr.
assert (E := exp_ineq1_le (G * Rabs z / INR (S n))). assert (X := exp_pos (- (G * Rabs z / INR (S n)))).
split; [nra |]. rewrite exp_Ropp in *. set (e := exp (G * Rabs z / INR (S n))) in *.
assert (e0 : 0 < e) by apply exp_pos.
apply Rmult_le_reg_r with e; [exact e0 |]. rewrite Rmult_assoc, Rinv_l by lra. rewrite Rmult_1_r.
replace (Rabs z) with (INR (S n) / G * (G * Rabs z / INR (S n))) by (field; lra).
apply Rmult_le_compat_l; lra.
Qed.

(** Exponentials of what is of linear growth. *)
Lemma grows_exponential (h f : R -> R) (P g : R) (m : nat) : (forall x, Rabs (h x) <= exp (Rabs x)) ->
  grows f P m g -> g <= 0 -> (m <= 1)%nat -> grows (fun z => h (f z)) 1 0 P.
Proof.
intros size_h [P0 F] g0 less. split; [lra |]. intros z one. specialize (F z one).
assert (W := scale_le m 1 g 0 z less g0 one). rewrite scale_0 in W. simpl in W. unfold scale at 1. simpl.
rewrite !Rmult_1_l. eapply Rle_trans; [apply size_h |]. apply exp_le. nra.
Qed.

Lemma exp_size (x : R) : Rabs (exp x) <= exp (Rabs x).
Proof. rewrite Rabs_right by apply Rgt_ge, exp_pos. apply exp_le, Rle_abs. Qed.

Lemma expm1_size (x : R) : Rabs (exp x - 1) <= exp (Rabs x).
Proof.
assert (E := exp_pos x). assert (F := exp_size x). rewrite Rabs_right in F by lra.
assert (G := exp_le 0 (Rabs x) (Rabs_pos x)). rewrite exp_0 in G. apply Rabs_le. lra.
Qed.

Lemma halves_size (x : R) : exp x + exp (- x) <= 2 * exp (Rabs x).
Proof.
assert (E := exp_size x). assert (F := exp_size (- x)). rewrite Rabs_Ropp in F.
rewrite Rabs_right in E, F by apply Rgt_ge, exp_pos. lra.
Qed.

Lemma cosh_size (x : R) : Rabs (cosh x) <= exp (Rabs x).
Proof.
assert (H := halves_size x). assert (E := exp_pos x). assert (F := exp_pos (- x)). unfold cosh. apply Rabs_le. lra.
Qed.

Lemma sinh_size (x : R) : Rabs (sinh x) <= exp (Rabs x).
Proof.
assert (H := halves_size x). assert (E := exp_pos x). assert (F := exp_pos (- x)). unfold sinh. apply Rabs_le. lra.
Qed.

(** ** Functions that CoqInterval does not know, by those that it knows *)

(** By exponentials that fall: Taylor models of e^x/(1 + e^x) are coarse where e^x is large. *)
Lemma tanh_by_exp (x : R) : tanh x = 2 / (1 + exp (- (2 * x))) - 1.
Proof.
unfold tanh, sinh, cosh. replace (- (2 * x)) with (- x + - x) by ring. rewrite exp_plus, exp_Ropp.
assert (H := exp_pos x). field. nra.
Qed.

Lemma sigmoid_left (x : R) : 1 / (1 + exp (- x)) = 1 - 1 / (1 + exp x).
Proof. rewrite exp_Ropp. assert (H := exp_pos x). field. lra. Qed.

Lemma tanh_left (x : R) : tanh x = 1 - 2 / (1 + exp (2 * x)).
Proof. assert (H := sigmoid_left (2 * x)). rewrite tanh_by_exp. lra. Qed.

Lemma silu_left (x : R) : x / (1 + exp (- x)) = x - x / (1 + exp x).
Proof. assert (H := sigmoid_left x). unfold Rdiv in *. rewrite !Rmult_1_l in H. rewrite H. ring. Qed.

Lemma softplus_right (x : R) : ln (1 + exp x) = x + ln (1 + exp (- x)).
Proof.
assert (H := exp_pos x). assert (G := exp_pos (- x)). rewrite <- (ln_exp x) at 2.
rewrite <- ln_mult by lra. f_equal. rewrite Rmult_plus_distr_l, <- exp_plus, Rplus_opp_r, exp_0. ring.
Qed.

Lemma max_by_abs (x y : R) : Rmax x y = (x + y + Rabs (x - y)) / 2.
Proof. unfold Rmax, Rabs. destruct Rle_dec, Rcase_abs; lra. Qed.

Lemma min_by_abs (x y : R) : Rmin x y = (x + y - Rabs (x - y)) / 2.
Proof. unfold Rmin, Rabs. destruct Rle_dec, Rcase_abs; lra. Qed.

Lemma clip_by_abs (a b x : R) : a <= b -> Rmax a (Rmin b x) = (a + b + Rabs (x - a) - Rabs (x - b)) / 2.
Proof.
intros ab. unfold Rmax, Rmin, Rabs.
destruct (Rcase_abs (x - a)), (Rcase_abs (x - b)); repeat destruct Rle_dec; lra.
Qed.

Lemma max_min_by_abs (a b x : R) : a <= b ->
  (a + (b + x - Rabs (b - x)) / 2 + Rabs (a - (b + x - Rabs (b - x)) / 2)) / 2 = (a + b + Rabs (x - a) - Rabs (x - b)) / 2.
Proof. intros ab. rewrite <- min_by_abs, <- max_by_abs. exact (clip_by_abs a b x ab). Qed.

Lemma clip_between (a b x : R) : a <= b -> a <= Rmax a (Rmin b x) <= b.
Proof. intros ab. unfold Rmax, Rmin. repeat destruct Rle_dec; lra. Qed.

Lemma if_less (a b x y : R) : a < b -> (if Rlt_dec a b then x else y) = x.
Proof. intros ab. destruct Rlt_dec; [reflexivity | lra]. Qed.

Lemma if_not_less (a b x y : R) : b <= a -> (if Rlt_dec a b then x else y) = y.
Proof. intros ba. destruct Rlt_dec; [lra | reflexivity]. Qed.

Lemma if_at_most (a b x y : R) : a <= b -> (if Rle_dec a b then x else y) = x.
Proof. intros ab. destruct Rle_dec; [reflexivity | lra]. Qed.

Lemma if_not_at_most (a b x y : R) : b < a -> (if Rle_dec a b then x else y) = y.
Proof. intros ba. destruct Rle_dec; [lra | reflexivity]. Qed.

Lemma sign_between (x : R) : -1 <= sign x <= 1.
Proof.
destruct (total_order_T 0 x) as [[less | same] | more].
- rewrite sign_eq_1 by exact less. lra.
- rewrite <- same, sign_0. lra.
- rewrite sign_eq_m1 by exact more. lra.
Qed.

Lemma product_above (x y : R) : 0 < x /\ 0 < y \/ x < 0 /\ y < 0 -> 0 < x * y.
Proof. intros H. nra. Qed.

Lemma product_below (x y : R) : 0 < x /\ y < 0 \/ x < 0 /\ 0 < y -> x * y < 0.
Proof. intros H. nra. Qed.

(** On a piece every comparison is decided. *)
Ltac by_factors := first [apply product_above | apply product_below];
  first [left; split; first [lra | nra] | right; split; first [lra | nra]].
Ltac decided := first [lra | unfold Rabs; destruct Rcase_abs; lra | by_factors | nra].
Ltac on_piece := repeat match goal with
  | |- context [sign ?x] => first [rewrite (sign_eq_1 x) by decided | rewrite (sign_eq_m1 x) by decided]
  | |- context [if Rlt_dec ?a ?b then ?x else ?y] =>
      first [rewrite (if_less a b x y) by decided | rewrite (if_not_less a b x y) by decided]
  | |- context [if Rle_dec ?a ?b then ?x else ?y] =>
      first [rewrite (if_at_most a b x y) by decided | rewrite (if_not_at_most a b x y) by decided]
  end.

Ltac known := unfold sinh, cosh; repeat (rewrite tanh_by_exp || (rewrite clip_by_abs by lra) || rewrite max_by_abs
  || rewrite min_by_abs || (rewrite max_min_by_abs by lra)).

(** A clipped term is a number between its ends; interval arithmetic over the whole line does the rest. *)
Ltac between_two := intros ?; cbv beta;
  repeat match goal with
  | |- context [if Rlt_dec ?a ?b then _ else _] => destruct (Rlt_dec a b)
  | |- context [if Rle_dec ?a ?b then _ else _] => destruct (Rle_dec a b)
  | |- context [sign ?x] => generalize (sign_between x); generalize (sign x); intros end;
  repeat match goal with |- context [Rmax ?a (Rmin ?b ?x)] =>
    generalize (clip_between a b x ltac:(lra)); generalize (Rmax a (Rmin b x)); intros end;
  repeat match goal with
    | |- context [Rmax ?a ?b] => generalize (Rmax a b); intros
    | |- context [Rmin ?a ?b] => generalize (Rmin a b); intros
    | |- context [He ?k ?x] => generalize (He k x); intros end;
  repeat rewrite tanh_by_exp; unfold sinh, cosh;
  first [split; interval with (i_prec 60) | interval with (i_prec 60)].

Ltac not_zero := first [apply Rgt_not_eq; interval | apply Rlt_not_eq; interval | apply Rgt_not_eq, exp_pos | lra].
Ltac above_zero := first [interval | apply exp_pos | lra].

Ltac continuity_by_parts := repeat match goal with
  | |- continuous (fun _ => ?c) _ => apply continuous_const
  | |- continuous (fun z => z) _ => apply continuous_id
  | |- continuous (fun z => @?f z + @?g z) _ => apply (continuous_plus (V := R_NormedModule) f g)
  | |- continuous (fun z => @?f z - @?g z) _ => apply (continuous_minus (V := R_NormedModule) f g)
  | |- continuous (fun z => - @?f z) _ => apply (continuous_opp (V := R_NormedModule) f)
  | |- continuous (fun z => @?f z * @?g z) _ => apply (continuous_mult (K := R_AbsRing) f g)
  | |- continuous (fun z => @?f z / @?g z) _ => apply (continuous_mult (K := R_AbsRing) f (fun z => / g z))
  | |- continuous (fun z => / @?f z) _ => apply continuous_Rinv_comp; [| not_zero]
  | |- continuous (fun z => @?f z ^ ?n) _ => apply (continuous_comp f (fun x => x ^ n));
      [| apply (ex_derive_continuous (fun x => x ^ n)); auto_derive; exact I]
  | |- continuous (fun z => exp (@?f z)) _ => apply (continuous_exp_comp f)
  | |- continuous (fun z => ln (@?f z)) _ => apply (continuous_comp f ln); [| apply continuous_ln; above_zero]
  | |- continuous (fun z => sqrt (@?f z)) _ => apply (continuous_sqrt_comp f)
  | |- continuous (fun z => sin (@?f z)) _ => apply (continuous_sin_comp f)
  | |- continuous (fun z => cos (@?f z)) _ => apply (continuous_cos_comp f)
  | |- continuous (fun z => atan (@?f z)) _ => apply (continuous_atan_comp f)
  | |- continuous (fun z => Rabs (@?f z)) _ => apply (continuous_Rabs_comp f)
  end.

Ltac now_tame := apply continuous_tame; intros z; continuity_by_parts.

Ltac tail_is_small := unfold tail_size; simpl He_size; simpl INR; interval with (i_prec 120).

(** ** The exponential: below its chords, above its tangents *)

Lemma exp_chord (x y : R) : (y - x) * exp x <= exp y - exp x <= (y - x) * exp y.
Proof.
assert (A := exp_ineq1_le (y - x)). assert (B := exp_ineq1_le (x - y)).
assert (X := exp_pos x). assert (Y := exp_pos y).
assert (Sy : exp y = exp x * exp (y - x)) by (rewrite <- exp_plus; f_equal; ring).
assert (Sx : exp x = exp y * exp (x - y)) by (rewrite <- exp_plus; f_equal; ring).
split; [rewrite Sy | rewrite Sx at 1]; nra.
Qed.

Lemma exp_convex (x y w : R) : 0 <= w <= 1 -> exp (w * x + (1 - w) * y) <= w * exp x + (1 - w) * exp y.
Proof.
intros between. set (p := w * x + (1 - w) * y).
assert (tangent : forall q, exp p * (1 + (q - p)) <= exp q).
{ intros q. replace (exp q) with (exp p * exp (q - p)) by (rewrite <- exp_plus; f_equal; ring).
  apply Rmult_le_compat_l; [apply Rlt_le, exp_pos | apply exp_ineq1_le]. }
assert (w * (exp p * (1 + (x - p))) <= w * exp x) by (apply Rmult_le_compat_l; [lra | apply tangent]).
assert ((1 - w) * (exp p * (1 + (y - p))) <= (1 - w) * exp y) by (apply Rmult_le_compat_l; [lra | apply tangent]).
assert (same : w * (exp p * (1 + (x - p))) + (1 - w) * (exp p * (1 + (y - p))) = exp p) by (unfold p; ring).
lra.
Qed.

(** (exp d - 1) / d is at most the mean of both ends. *)
Lemma exp_mean (d : R) : 0 <= d -> exp d - 1 <= d * ((exp d + 1) / 2).
Proof.
intros d0. pose (f := fun x => x * ((exp x + 1) / 2) - exp x).
assert (own : forall x, is_derive f x ((1 + (x - 1) * exp x) / 2)).
{ intros x. unfold f. auto_derive; [exact I | field]. }
destruct (MVT_gen f 0 d (fun x => (1 + (x - 1) * exp x) / 2)) as [c [range same]].
- intros x _. apply own.
- intros x _. apply continuity_pt_filterlim, (ex_derive_continuous f). eexists. apply own.
- rewrite Rmin_left, Rmax_right in range by lra. unfold f in same. rewrite exp_0 in same.
  assert (X := exp_ineq1_le (- c)). assert (E := exp_pos c).
  assert (one : exp (- c) * exp c = 1) by (rewrite <- exp_plus; replace (- c + c) with 0 by ring; apply exp_0).
  assert ((1 + - c) * exp c <= exp (- c) * exp c) by (apply Rmult_le_compat_r; lra).
  assert (0 <= (1 + (c - 1) * exp c) / 2 * (d - 0)) by (apply Rmult_le_pos; lra).
  lra.
Qed.

Lemma exp_gap (x y : R) : Rabs (exp x - exp y) <= Rabs (x - y) * ((exp x + exp y) / 2).
Proof.
assert (ordered : forall u v, v <= u -> exp u - exp v <= (u - v) * ((exp u + exp v) / 2)).
{ intros u v vu. assert (H := exp_mean (u - v) ltac:(lra)). assert (V := exp_pos v).
  replace (exp u) with (exp v * exp (u - v)) by (rewrite <- exp_plus; f_equal; ring).
  apply Rmult_le_compat_l with (r := exp v) in H; lra. }
destruct (Rle_dec y x) as [yx | xy].
- assert (E := exp_le y x yx). rewrite !Rabs_right by lra. apply ordered, yx.
- assert (E := exp_le x y ltac:(lra)). rewrite !Rabs_left1 by lra. assert (H := ordered y x ltac:(lra)). lra.
Qed.

Lemma Rabs_def2' (x b : R) : Rabs x <= b -> - b <= x <= b.
Proof. unfold Rabs. destruct Rcase_abs; lra. Qed.

(** ** Integrals over the line: their sign, and those that are 0 *)

Lemma far_out (f : R -> R) (l eps : R) : on_line f l -> 0 < eps ->
  exists q, 0 < q /\ forall x y, x < - q -> q < y -> Rabs (RInt f x y - l) < eps.
Proof.
intros L positive.
assert (near : locally l (fun x => Rabs (x - l) < eps)) by (exists (mkposreal eps positive); intros y Hy; exact Hy).
specialize (L _ near). destruct L as [A B [M left] [N right] both]. exists (1 + Rabs M + Rabs N).
assert (M0 := Rabs_pos M). assert (N0 := Rabs_pos N). split; [lra |]. intros x y xq yq.
assert (M1 := Rle_abs (- M)). rewrite Rabs_Ropp in M1. assert (N1 := Rle_abs N).
destruct (both x y (left x ltac:(lra)) (right y ltac:(lra))) as [v [V close]].
rewrite (is_RInt_unique (V := R_CompleteNormedModule) f x y v V). exact close.
Qed.

Lemma above_on_line (f : R -> R) (l a b m : R) : on_line f l -> (forall x y, ex_RInt f x y) -> (forall z, 0 <= f z) ->
  a < b -> (forall z, a < z < b -> m <= f z) -> m * (b - a) <= l.
Proof.
intros L integrable nonnegative ab low. apply le_epsilon. intros eps positive.
destruct (far_out f l eps L positive) as [q [_ close]]. set (x := Rmin a (- q) - 1). set (y := Rmax b q + 1).
assert (X0 := Rmin_l a (- q)). assert (X1 := Rmin_r a (- q)). assert (Y0 := Rmax_l b q). assert (Y1 := Rmax_r b q).
specialize (close x y ltac:(unfold x; lra) ltac:(unfold y; lra)).
assert (xa : x < a) by (unfold x; lra). assert (yb : b < y) by (unfold y; lra). clearbody x y.
assert (parts : RInt f x y = RInt f x a + (RInt f a b + RInt f b y)).
{ rewrite <- (RInt_Chasles f x a y), <- (RInt_Chasles f a b y) by apply integrable. reflexivity. }
assert (X : 0 <= RInt f x a) by (apply RInt_ge_0; [lra | apply integrable | auto]).
assert (Y : 0 <= RInt f b y) by (apply RInt_ge_0; [lra | apply integrable | auto]).
assert (M : m * (b - a) <= RInt f a b).
{ replace (m * (b - a)) with (RInt (fun _ => m) a b) by (rewrite RInt_const; apply Rmult_comm).
  apply RInt_le; [lra | apply ex_RInt_const | apply integrable | exact low]. }
revert close. unfold Rabs; destruct Rcase_abs; lra.
Qed.

(** The derivative of - He_k phi is He_{k+1} phi, so E[He_k] = 0 for k >= 1. *)
Lemma He_derive (k : nat) (z : R) : is_derive (He (S k)) z (INR (S k) * He k z).
Proof.
induction k as [| | j H0 H1] using two_steps.
- apply (is_derive_ext (fun z => z)); [reflexivity |]. simpl. auto_derive; [exact I | ring].
- apply (is_derive_ext (fun z => z * z - 1 * 1)); [reflexivity |]. simpl. auto_derive; [exact I | ring].
- apply (is_derive_ext (fun z => z * He (S (S j)) z - INR (S (S j)) * He (S j) z)); [reflexivity |].
  replace (INR (S (S (S j))) * He (S (S j)) z)
    with (minus (plus (mult 1 (He (S (S j)) z)) (mult z (INR (S (S j)) * He (S j) z))) (INR (S (S j)) * (INR (S j) * He j z)))
    by (change (1 * He (S (S j)) z + z * (INR (S (S j)) * He (S j) z) + - (INR (S (S j)) * (INR (S j) * He j z))
      = INR (S (S (S j))) * He (S (S j)) z); rewrite (S_INR (S (S j))), (He_step j); ring).
  apply (is_derive_minus (V := R_NormedModule) (fun z => z * He (S (S j)) z)).
  + apply (is_derive_mult (fun z => z) (He (S (S j)))); [auto_derive; [exact I | ring] | exact H1 | intros; apply Rmult_comm].
  + apply (is_derive_scal (He (S j))), H0.
Qed.

Lemma phi_derive (z : R) : is_derive phi z (- (z * phi z)).
Proof.
unfold phi. assert (Q : 0 < sqrt (2 * PI)) by interval. auto_derive; [lra |].
replace (- (z * (z * 1)) * / 2) with (- z ^ 2 / 2) by (simpl; field). field. lra.
Qed.

Lemma He_phi_derive (k : nat) (z : R) : is_derive (fun z => - (He k z * phi z)) z (He (S k) z * phi z).
Proof.
destruct k as [| j].
- apply (is_derive_ext (fun z => - phi z)); [intros; simpl; ring |].
  replace (He 1 z * phi z) with (- - (z * phi z)) by (simpl; ring). apply (is_derive_opp phi), phi_derive.
- replace (He (S (S j)) z * phi z)
    with (- (INR (S j) * He j z * phi z + He (S j) z * - (z * phi z))) by (rewrite He_step; ring).
  apply (is_derive_opp (fun z => He (S j) z * phi z)).
  apply (is_derive_mult (He (S j)) phi); [apply He_derive | apply phi_derive | intros; apply Rmult_comm].
Qed.

Lemma He_phi_small (k : nat) : exists C, forall z, 1 <= Rabs z -> Rabs (He k z * phi z) * Rabs z <= C.
Proof.
exists (He_size k * (INR (S k) / (1 / 2)) ^ S k). intros z one.
assert (G := He_growth k z one). assert (F := phi_bounds z). assert (Z := He_size_nonnegative k).
assert (x2 : Rabs z ^ 2 = z ^ 2) by (rewrite RPow_abs; apply Rabs_right; nra).
assert (B := power_absorbed (1 / 2) (Rabs z) k (S k) ltac:(lra) one ltac:(lia)). rewrite x2 in B.
rewrite Rabs_mult, phi_abs.
apply Rle_trans with (He_size k * Rabs z ^ k * exp (- z ^ 2 / 2) * Rabs z).
{ apply Rmult_le_compat_r; [lra |]. apply Rmult_le_compat; try apply Rabs_pos; lra. }
replace (He_size k * Rabs z ^ k * exp (- z ^ 2 / 2) * Rabs z) with (He_size k * (Rabs z ^ S k * exp (- z ^ 2 / 2)))
  by (simpl; ring).
apply Rmult_le_compat_l; [exact Z |].
replace ((INR (S k) / (1 / 2)) ^ S k)
  with ((INR (S k) / (1 / 2)) ^ S k * exp (1 / 2 * z ^ 2) * exp (- z ^ 2 / 2)).
- apply Rmult_le_compat_r; [apply Rlt_le, exp_pos | exact B].
- rewrite Rmult_assoc, <- exp_plus. replace (1 / 2 * z ^ 2 + - z ^ 2 / 2) with 0 by field. rewrite exp_0. ring.
Qed.

Ltac ring_in_R := match goal with |- @eq _ ?x ?y => change (@eq R x y) end; ring.

(** An integral that is known up to both ends, where He_k phi vanishes. *)
Lemma up_to_ends (k : nat) (f : R -> R) (l L x y q0 : R) : on_line f l ->
  (forall q, q0 < q -> RInt f (- q) q = L + x * (He k (- q) * phi (- q)) - y * (He k q * phi q)) -> l = L.
Proof.
intros on inside. destruct (He_phi_small k) as [C small]. apply cond_eq. intros eps positive.
assert (X := Rabs_pos x). assert (Y := Rabs_pos y). set (d := eps / (4 * (1 + Rabs x + Rabs y))).
assert (d0 : 0 < d) by (apply Rdiv_lt_0_compat; lra).
assert (share_d : d * (1 + Rabs x + Rabs y) = eps / 4) by (unfold d; field; lra).
destruct (far_out f l (eps / 2) on ltac:(lra)) as [p [p0 close]].
assert (C0 : 0 <= Rabs C / d) by (apply Rdiv_le_0_compat; [apply Rabs_pos | exact d0]).
set (q := 1 + Rabs q0 + p + Rabs C / d). assert (Q := Rle_abs q0). assert (Q0 := Rabs_pos q0).
specialize (close (- q) q ltac:(unfold q; lra) ltac:(unfold q; lra)).
rewrite (inside q ltac:(unfold q; lra)) in close.
assert (end_small : forall z, Rabs z = q -> Rabs (He k z * phi z) <= d).
{ intros z far. assert (H := small z ltac:(rewrite far; unfold q; lra)). assert (H0 := Rabs_pos (He k z * phi z)).
  destruct (Rle_dec (Rabs (He k z * phi z)) d) as [fine | large]; [exact fine | exfalso].
  assert (d * q <= Rabs (He k z * phi z) * Rabs z) by (rewrite far; apply Rmult_le_compat_r; [unfold q |]; lra).
  assert (d * q = d * (1 + Rabs q0 + p) + Rabs C) by (unfold q; field; lra).
  assert (0 < d * (1 + Rabs q0 + p)) by (apply Rmult_lt_0_compat; lra). assert (K := Rle_abs C). lra. }
assert (q1 : 0 < q) by (unfold q; lra).
assert (A := end_small (- q) ltac:(rewrite Rabs_Ropp; apply Rabs_right; lra)). assert (B := end_small q ltac:(apply Rabs_right; lra)).
assert (A' := Rmult_le_compat_l _ _ _ X A). assert (B' := Rmult_le_compat_l _ _ _ Y B). rewrite <- Rabs_mult in A', B'.
apply Rabs_def2' in A'. apply Rabs_def2' in B'. revert close. unfold Rabs at 1. unfold Rabs at 1. repeat destruct Rcase_abs; lra.
Qed.

Lemma He_integral (k : nat) (y a b : R) :
  RInt (fun z => y * (He (S k) z * phi z)) a b = y * (He k a * phi a - He k b * phi b).
Proof.
apply (is_RInt_unique (V := R_CompleteNormedModule)).
replace (y * (He k a * phi a - He k b * phi b)) with (scal y (minus (- (He k b * phi b)) (- (He k a * phi a))))
  by (unfold scal, minus, plus, opp; simpl; unfold mult; simpl; ring).
apply (is_RInt_scal (V := R_NormedModule)).
apply (is_RInt_derive (fun z => - (He k z * phi z))); intros z _; [apply He_phi_derive |].
apply (continuous_mult (K := R_AbsRing) (He (S k)) phi); [apply He_continuous | apply phi_continuous].
Qed.

Lemma He_line (k : nat) : on_line (fun z => He (S k) z * phi z) 0.
Proof.
destruct (tilted_value (fun _ => 0) (S k) 0 0 (S k) 0 0 0 0 0 (1 / 4) (1 / 4) 1) as [l [L _]]; try (simpl; lra); try lia.
- apply continuous_tame. intros z. apply continuous_const.
- intros z _. rewrite Rmult_0_l, Rabs_R0. lra.
- apply (on_line_ext _ (fun z => He (S k) z * phi z)) in L; [| intros z; unfold tilted; rewrite Rmult_0_l, exp_0; simpl pow; ring].
  assert (zero : l = 0); [| rewrite zero in L; exact L]. apply (up_to_ends k _ l 0 1 1 0 L). intros q _.
  transitivity (RInt (fun z => 1 * (He (S k) z * phi z)) (- q) q); [| rewrite He_integral; ring_in_R].
  apply RInt_ext. intros. symmetry. apply Rmult_1_l.
Qed.

Lemma scaled_line (x : R) (f : R -> R) : on_line f 0 -> on_line (fun z => x * f z) 0.
Proof.
intros L. assert (H := is_RInt_gen_scal (V := R_NormedModule) f x 0 L). unfold scal in H; simpl in H.
unfold mult in H; simpl in H. rewrite Rmult_0_r in H. exact H.
Qed.

(** Hence of sums of He_1, He_2, ... *)
Fixpoint He_sum (c : list R) (k : nat) (z : R) : R :=
  match c with nil => 0 | cons x rest => x * He (S k) z + He_sum rest (S k) z end.

Lemma He_sum_line (c : list R) (k : nat) : on_line (fun z => He_sum c k z * phi z) 0.
Proof.
revert k. induction c as [| x rest IH]; intros k.
- apply (on_line_ext (fun z => 0 * (He 1 z * phi z))); [intros; simpl He_sum; ring |]. apply scaled_line, He_line.
- apply (on_line_ext (fun z => x * (He (S k) z * phi z) + He_sum rest (S k) z * phi z)).
  { intros z. change (He_sum (x :: rest) k z) with (x * He (S k) z + He_sum rest (S k) z). ring. }
  rewrite <- (Rplus_0_l 0). apply (is_RInt_gen_plus (V := R_NormedModule)); [apply scaled_line, He_line | apply IH].
Qed.

(** Links with steps: v before the first cut, then pairs of a cut and the value after it. Of those E[s^i e^{ts} He_k] is
    a sum of exponentials. *)
Fixpoint steps (s : R -> R) (x v : R) (rest : list (R * R)) : Prop :=
  match rest with
  | nil => forall z, x < z -> s z = v
  | cons (c, w) tail => x < c /\ (forall z, x < z < c -> s z = v) /\ steps s c w tail
  end.
Fixpoint jumps (g : R -> R) (j : nat) (v : R) (rest : list (R * R)) : R :=
  match rest with nil => 0 | cons (c, w) tail => (g w - g v) * (He j c * phi c) + jumps g j w tail end.
Fixpoint last_step (x v : R) (rest : list (R * R)) : R * R :=
  match rest with nil => (x, v) | cons (c, w) tail => last_step c w tail end.
Notation power_exp i t := (fun y => y ^ i * exp (t * y)).

Lemma steps_integral (s : R -> R) (j i : nat) (t q : R) (rest : list (R * R)) : tame s -> forall x v,
  steps s x v rest -> fst (last_step x v rest) < q -> x < q /\ RInt (tilted s (S j) i t) x q =
    power_exp i t v * (He j x * phi x) + jumps (power_exp i t) j v rest
    - power_exp i t (snd (last_step x v rest)) * (He j q * phi q).
Proof.
intros tame_s.
assert (level : forall x y v, x < y -> (forall z, x < z < y -> s z = v) -> RInt (tilted s (S j) i t) x y
  = power_exp i t v * (He j x * phi x - He j y * phi y)).
{ intros x y v xy same. rewrite <- He_integral. apply RInt_ext. intros z.
  rewrite Rmin_left, Rmax_right by lra. intros inside. unfold tilted. rewrite same by exact inside. ring_in_R. }
induction rest as [| [c w] tail IH]; intros x v; simpl.
- intros same far. split; [exact far |]. rewrite (level x q v far); [ring_in_R |]. intros z inside. apply same. lra.
- intros [xc [same after]] far. destruct (IH c w after far) as [cq rest]. split; [lra |].
  rewrite <- (RInt_Chasles (V := R_CompleteNormedModule) _ x c q) by (apply tilted_integrable, tame_s).
  rewrite (level x c v xc same), rest. unfold plus; simpl. ring_in_R.
Qed.

Lemma steps_line (s : R -> R) (j i : nat) (t v c w l : R) (tail : list (R * R)) : tame s -> (forall z, z < c -> s z = v) ->
  steps s c w tail -> on_line (tilted s (S j) i t) l -> l = jumps (power_exp i t) j v ((c, w) :: tail).
Proof.
intros tame_s before after L.
apply (up_to_ends j _ _ _ (power_exp i t v) (power_exp i t (snd (last_step c w tail)))
  (Rabs c + Rabs (fst (last_step c w tail))) L). intros q far.
assert (A := Rle_abs (- c)). rewrite Rabs_Ropp in A. assert (B := Rle_abs (fst (last_step c w tail))).
assert (A0 := Rabs_pos c). assert (B0 := Rabs_pos (fst (last_step c w tail))).
assert (all : steps s (- q) v ((c, w) :: tail)) by (simpl; repeat split; [lra | intros z H; apply before; lra | exact after]).
destruct (steps_integral s j i t q _ tame_s (- q) v all ltac:(simpl; lra)) as [_ ->]. simpl. ring_in_R.
Qed.

Lemma jumps_derive (i j : nat) (t : R) (rest : list (R * R)) : forall v,
  is_derive (fun t => jumps (power_exp i t) j v rest) t (jumps (power_exp (S i) t) j v rest).
Proof.
induction rest as [| [c w] tail IH]; intros v; [apply (is_derive_const (V := R_NormedModule) 0) |]. simpl jumps.
apply (is_derive_plus (V := R_NormedModule)
  (fun t => (w ^ i * exp (t * w) - v ^ i * exp (t * v)) * (He j c * phi c))); [| apply IH].
auto_derive; [exact I | ring].
Qed.

Lemma jumps_scaled (g h : R -> R) (x : R) (j : nat) (rest : list (R * R)) : (forall y, g y = x * h y) ->
  forall v, jumps g j v rest = x * jumps h j v rest.
Proof.
intros same. induction rest as [| [c w] tail IH]; intros v; simpl; [ring |]. rewrite IH, !same. ring.
Qed.

(** The largest value outweighs the others. *)
Lemma outweighed (e t top v : R) (j : nat) (rest : list (R * R)) :
  0 < e * jumps (fun y => y * exp (t * (y - top))) j v rest -> 0 < e * jumps (power_exp 1 t) j v rest.
Proof.
intros H. rewrite (jumps_scaled _ (fun y => y * exp (t * (y - top))) (exp (t * top))).
- assert (E := exp_pos (t * top)). assert (G := Rmult_lt_0_compat _ _ E H). lra.
- intros y. replace (t * y) with (t * top + t * (y - top)) by ring. rewrite exp_plus. ring.
Qed.

Lemma rises_from_0 (e T v : R) (i j : nat) (rest : list (R * R)) : jumps (power_exp i 0) j v rest = 0 ->
  (forall t, 0 < t <= T -> 0 < e * jumps (power_exp (S i) t) j v rest) ->
  forall t, 0 < t <= T -> 0 < e * jumps (power_exp i t) j v rest.
Proof.
intros at_0 slope t range.
destruct (MVT_cor2 (fun t => jumps (power_exp i t) j v rest) (fun t => jumps (power_exp (S i) t) j v rest) 0 t ltac:(lra))
  as [c [same inside]].
- intros u _. apply is_derive_Reals, jumps_derive.
- cbv beta in same. rewrite at_0 in same. assert (H := slope c ltac:(lra)).
  assert (G := Rmult_lt_0_compat _ _ H (proj1 range)). rewrite !Rminus_0_r in same. rewrite same. lra.
Qed.

Lemma phi_opp (z : R) : phi (- z) = phi z.
Proof. unfold phi. replace ((- z) ^ 2) with (z ^ 2) by ring. reflexivity. Qed.

Lemma phi_at_root (q : R) : 1 <= q -> phi (sqrt (2 * ln q)) = phi 0 / q.
Proof.
intros q1. assert (Q : 1 <= sqrt (2 * PI)) by interval. assert (L := ln_le 1 q ltac:(lra) q1). rewrite ln_1 in L. unfold phi.
replace (sqrt (2 * ln q) ^ 2) with (2 * ln q) by (simpl; rewrite Rmult_1_r, sqrt_sqrt; lra).
replace (- (2 * ln q) / 2) with (- ln q) by field. rewrite exp_Ropp, exp_ln by lra.
replace (- 0 ^ 2 / 2) with 0 by (simpl; field). rewrite exp_0. field. lra.
Qed.

Ltac no_sum := simpl jumps; rewrite !Rmult_0_l, !exp_0, ?phi_opp; repeat (rewrite phi_at_root by lra); simpl; field.
Lemma no_gap (t y : R) : exp (t * (y - y)) = 1.
Proof. replace (t * (y - y)) with 0 by ring. apply exp_0. Qed.

Ltac sum_sign := simpl jumps; rewrite ?no_gap; unfold phi; simpl He; simpl INR.

(** What is odd. *)
Lemma odd_line (f : R -> R) (l : R) : on_line f l -> (forall z, f (- z) = - f z) -> (forall x y, ex_RInt f x y) -> l = 0.
Proof.
intros L odd integrable. apply cond_eq. intros eps positive.
destruct (far_out f l eps L positive) as [q [q0 close]]. set (x := q + 1). specialize (close (- x) x ltac:(unfold x; lra) ltac:(unfold x; lra)).
assert (mirror := is_RInt_comp_opp (V := R_NormedModule) f (- x) x (RInt f x (- x))). rewrite Ropp_involutive in mirror.
specialize (mirror (RInt_correct (V := R_CompleteNormedModule) f x (- x) (integrable x (- x)))).
apply (is_RInt_ext _ f) in mirror; [| intros z _; unfold opp; simpl; rewrite odd; ring].
apply (is_RInt_unique (V := R_CompleteNormedModule)) in mirror.
assert (swap := opp_RInt_swap f (- x) x (integrable (- x) x)). unfold opp in swap; simpl in swap.
replace (RInt f (- x) x) with 0 in close by lra.
replace (l - 0) with (- (0 - l)) by ring. rewrite Rabs_Ropp. exact close.
Qed.

(** ** Ranges of temperatures: t from 0 to T, where E[e^{t s}] converges *)

Section Range.

Variables (s : R -> R) (k m : nat) (T P q a b r : R).
Hypothesis tame_s : tame s.
Hypothesis r_large : 1 <= r.
Hypothesis P_nonnegative : 0 <= P.
Hypothesis rate : 0 <= q /\ 2 * q + a < 1 / 2.
Hypothesis growth : forall t z, 0 <= t <= T -> r <= Rabs z ->
  Rabs (s z) <= P * Rabs z ^ m * exp (q * z ^ 2) /\ t * s z <= a * z ^ 2 + b.

(** alpha_k as a function of t = 1/beta. *)
Definition signal (t : R) : R :=
  RInt_gen (tilted s k 1 t) (Rbar_locally m_infty) (Rbar_locally p_infty).

Lemma tilted_exists (i : nat) (t : R) : (i <= 2)%nat -> 0 <= t <= T -> exists l, on_line (tilted s k i t) l.
Proof.
intros few t0. set (c := (1 / 2 - a - 2 * q) / 2). assert (I : INR i <= INR 2) by (apply le_INR; lia). simpl in I.
destruct (tilted_value s k i m (m * i + k) t P q a b c c r) as [l [L _]]; unfold c; try nra; try lia.
- exact tame_s.
- intros z far. apply growth; assumption.
- exists l; exact L.
Qed.

Lemma size_exists (i : nat) (t : R) : (i <= 2)%nat -> 0 <= t <= T -> exists l, on_line (size s k i t) l.
Proof.
intros few t0. set (c := (1 / 2 - a - 2 * q) / 2). assert (I : INR i <= INR 2) by (apply le_INR; lia). simpl in I.
destruct (size_value s k i m (m * i + k) t P q a b c c r) as [l [L _]]; unfold c; try nra; try lia.
- exact tame_s.
- intros z far. apply growth; assumption.
- exists l; exact L.
Qed.

Lemma signal_line (t : R) : 0 <= t <= T -> on_line (tilted s k 1 t) (signal t).
Proof.
intros t0. destruct (tilted_exists 1 t ltac:(lia) t0) as [l L]. unfold signal. rewrite (on_line_unique _ _ L). exact L.
Qed.

Lemma order_on_line : filter_prod (Rbar_locally m_infty) (Rbar_locally p_infty) (fun ab => fst ab <= snd ab).
Proof.
apply (Filter_prod _ _ _ (fun x => x < 0) (fun x => 0 < x)); [exists 0; auto | exists 0; auto |].
intros x y X Y; simpl; lra.
Qed.

(** E[|s|^i e^{t s} |He_k|] is at most K at t = A and at t = B, hence between. *)
Definition at_most (i : nat) (A B K : R) : Prop :=
  (exists M, on_line (size s k i A) M /\ M <= K) /\ exists M, on_line (size s k i B) M /\ M <= K.

(** A term bounded by multiples of [size] has an integral bounded by those multiples of its integrals. *)
Lemma bounded_on_line (f : R -> R) (i : nat) (l A B K v w : R) : 0 <= v -> 0 <= w -> on_line f l -> at_most i A B K ->
  (forall z, Rabs (f z) <= v * size s k i A z + w * size s k i B z) -> Rabs l <= (v + w) * K.
Proof.
intros v0 w0 L [[M [ML MK]] [N [NL NK]]] pointwise.
apply Rle_trans with (v * M + w * N).
- apply (RInt_gen_norm (V := R_CompleteNormedModule) f
    (fun z => plus (scal v (size s k i A z)) (scal w (size s k i B z))) l (plus (scal v M) (scal w N))).
  + apply order_on_line.
  + apply filter_forall. intros ab z _. apply pointwise.
  + exact L.
  + apply (is_RInt_gen_plus (V := R_NormedModule)); apply (is_RInt_gen_scal (V := R_NormedModule)); assumption.
- assert (v * M <= v * K) by (apply Rmult_le_compat_l; assumption).
  assert (w * N <= w * K) by (apply Rmult_le_compat_l; assumption). lra.
Qed.

Lemma exp_between (A B t y : R) : A < B -> A <= t <= B ->
  exp (t * y) <= (B - t) / (B - A) * exp (A * y) + (t - A) / (B - A) * exp (B * y).
Proof.
intros AB range. assert (H := exp_convex (A * y) (B * y) ((B - t) / (B - A))).
replace ((B - t) / (B - A) * (A * y) + (1 - (B - t) / (B - A)) * (B * y)) with (t * y) in H by (field; lra).
replace (1 - (B - t) / (B - A)) with ((t - A) / (B - A)) in H by (field; lra).
apply H. split.
- apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra].
- apply Rmult_le_reg_r with (B - A); [lra |]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

Lemma share (A B t : R) : A < B -> A <= t -> 0 <= (t - A) / (B - A).
Proof. intros AB At. apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra]. Qed.

Lemma share' (A B t : R) : A < B -> t <= B -> 0 <= (B - t) / (B - A).
Proof. intros AB At. apply Rmult_le_pos; [lra | apply Rlt_le, Rinv_0_lt_compat; lra]. Qed.

Lemma weight_nonnegative (i : nat) (z : R) : 0 <= Rabs (s z) ^ i * Rabs (He k z) * phi z.
Proof.
assert (H := phi_bounds z).
apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow_le |]; apply Rabs_pos | lra].
Qed.

Lemma lipschitz (t u A B K : R) : 0 <= A < B -> B <= T -> A <= t <= B -> A <= u <= B -> at_most 2 A B K ->
  Rabs (signal t - signal u) <= Rabs (t - u) * K.
Proof.
intros AB BT tAB uAB sizes.
set (v := ((B - t) / (B - A) + (B - u) / (B - A)) / 2). set (w := ((t - A) / (B - A) + (u - A) / (B - A)) / 2).
assert (one : v + w = 1) by (unfold v, w; field; lra).
assert (v0 : 0 <= v) by (unfold v; assert (H := share' A B t ltac:(lra) ltac:(lra));
  assert (G := share' A B u ltac:(lra) ltac:(lra)); lra).
assert (w0 : 0 <= w) by (unfold w; assert (H := share A B t ltac:(lra) ltac:(lra));
  assert (G := share A B u ltac:(lra) ltac:(lra)); lra).
assert (d0 := Rabs_pos (t - u)).
replace (Rabs (t - u) * K) with ((Rabs (t - u) * v + Rabs (t - u) * w) * K)
  by (rewrite <- Rmult_plus_distr_l, one; ring).
apply (bounded_on_line (fun z => minus (tilted s k 1 t z) (tilted s k 1 u z)) 2 _ A B).
- apply Rmult_le_pos; assumption.
- apply Rmult_le_pos; assumption.
- apply (is_RInt_gen_minus (V := R_NormedModule)); apply signal_line; lra.
- exact sizes.
- intros z. unfold minus, plus, opp, tilted; simpl. rewrite !Rmult_1_r.
  replace (s z * exp (t * s z) * He k z * phi z + - (s z * exp (u * s z) * He k z * phi z))
    with (s z * (exp (t * s z) - exp (u * s z)) * He k z * phi z) by ring.
  rewrite !Rabs_mult, phi_abs.
  assert (G := exp_gap (t * s z) (u * s z)).
  replace (t * s z - u * s z) with ((t - u) * s z) in G by ring. rewrite Rabs_mult in G.
  assert (Et := exp_between A B t (s z) ltac:(lra) tAB). assert (Eu := exp_between A B u (s z) ltac:(lra) uAB).
  assert (mean : (exp (t * s z) + exp (u * s z)) / 2 <= v * exp (A * s z) + w * exp (B * s z)) by (unfold v, w; lra).
  unfold size. assert (W := weight_nonnegative 2 z). simpl in *. rewrite !Rmult_1_r in *.
  assert (H0 := Rabs_pos (s z)). assert (H1 : 0 <= Rabs (t - u) * Rabs (s z)) by (apply Rmult_le_pos; assumption).
  apply Rle_trans with (Rabs (t - u) * (v * exp (A * s z) + w * exp (B * s z))
    * (Rabs (s z) * Rabs (s z) * Rabs (He k z) * phi z)); [| right; ring].
  apply Rle_trans with (Rabs (t - u) * ((exp (t * s z) + exp (u * s z)) / 2)
    * (Rabs (s z) * Rabs (s z) * Rabs (He k z) * phi z)).
  + replace (Rabs (t - u) * ((exp (t * s z) + exp (u * s z)) / 2) * (Rabs (s z) * Rabs (s z) * Rabs (He k z) * phi z))
      with (Rabs (s z) * (Rabs (t - u) * Rabs (s z) * ((exp (t * s z) + exp (u * s z)) / 2))
        * (Rabs (He k z) * phi z)) by ring.
    rewrite Rmult_assoc. apply Rmult_le_compat_r.
    * apply Rmult_le_pos; [apply Rabs_pos | assert (H := phi_bounds z); lra].
    * apply Rmult_le_compat_l; [exact H0 | exact G].
  + apply Rmult_le_compat_r; [exact W |]. apply Rmult_le_compat_l; [exact d0 | exact mean].
Qed.

(** One cell of a range: a value at a point carries as far as the bound of the slope lets it. *)
Lemma value_cell (e c A B K value level rho : R) : e = 1 \/ e = -1 -> 0 <= A < B -> B <= T -> A <= c <= B -> 0 <= K ->
  at_most 2 A B K -> value <= e * signal c -> level + rho * K < value ->
  forall t, A <= t <= B -> c - rho <= t <= c + rho -> level < e * signal t.
Proof.
intros sign AB BT cAB K0 sizes at_c small t tAB near.
assert (L := lipschitz t c A B K AB BT tAB cAB sizes).
assert (Rabs (t - c) <= rho) by (apply Rabs_le; lra).
assert (Rabs (t - c) * K <= rho * K) by (apply Rmult_le_compat_r; assumption).
revert L. destruct sign as [-> | ->]; unfold Rabs at 1; destruct Rcase_abs; lra.
Qed.

(** Around c the signal changes like its derivative at c. *)
Lemma curvature (t u c A B rho slope K : R) : 0 <= A < B -> B <= T -> A <= t <= B -> A <= u <= B -> A <= c <= B ->
  Rabs (t - c) <= rho -> Rabs (u - c) <= rho -> on_line (tilted s k 2 c) slope -> at_most 3 A B K ->
  Rabs (signal u - signal t - (u - t) * slope) <= Rabs (u - t) * (2 * rho * K).
Proof.
intros AB BT tAB uAB cAB tc uc D sizes.
assert (rho0 : 0 <= rho) by (eapply Rle_trans; [apply Rabs_pos | exact tc]).
assert (v0 : 0 <= Rabs (u - t) * rho) by (apply Rmult_le_pos; [apply Rabs_pos | exact rho0]).
replace (Rabs (u - t) * (2 * rho * K)) with ((Rabs (u - t) * rho + Rabs (u - t) * rho) * K) by ring.
apply (bounded_on_line (fun z => minus (minus (tilted s k 1 u z) (tilted s k 1 t z)) (scal (u - t) (tilted s k 2 c z)))
  3 _ A B); auto.
- apply (is_RInt_gen_minus (V := R_NormedModule)); [| apply (is_RInt_gen_scal (V := R_NormedModule)), D].
  apply (is_RInt_gen_minus (V := R_NormedModule)); apply signal_line; lra.
- intros z. unfold minus, plus, opp, scal, tilted; simpl. unfold mult; simpl. rewrite !Rmult_1_r.
  replace (s z * exp (u * s z) * He k z * phi z + - (s z * exp (t * s z) * He k z * phi z)
      + - ((u - t) * (s z * s z * exp (c * s z) * He k z * phi z)))
    with (s z * (exp (u * s z) - exp (t * s z) - (u - t) * s z * exp (c * s z)) * He k z * phi z) by ring.
  rewrite !Rabs_mult, phi_abs.
  set (E := exp (A * s z) + exp (B * s z)).
  assert (below : forall x, A <= x <= B -> exp (x * s z) <= E).
  { intros x xAB. assert (X := exp_between A B x (s z) ltac:(lra) xAB). unfold E.
    assert (H := share A B x ltac:(lra) ltac:(lra)). assert (H' := share' A B x ltac:(lra) ltac:(lra)).
    assert (same : (x - A) / (B - A) + (B - x) / (B - A) = 1) by (field; lra).
    assert (EA := exp_pos (A * s z)). assert (EB := exp_pos (B * s z)).
    assert ((B - x) / (B - A) * exp (A * s z) <= 1 * exp (A * s z)) by (apply Rmult_le_compat_r; lra).
    assert ((x - A) / (B - A) * exp (B * s z) <= 1 * exp (B * s z)) by (apply Rmult_le_compat_r; lra). lra. }
  assert (S0 := Rabs_pos (s z)).
  assert (E0 : 0 <= E) by (unfold E; assert (X := exp_pos (A * s z)); assert (Y := exp_pos (B * s z)); lra).
  assert (far : forall x, A <= x <= B -> Rabs (x - c) <= rho ->
    Rabs (exp (x * s z) - exp (c * s z)) <= rho * Rabs (s z) * E).
  { intros x xAB small. assert (G := exp_gap (x * s z) (c * s z)).
    replace (x * s z - c * s z) with ((x - c) * s z) in G by ring. rewrite Rabs_mult in G.
    assert (X := below x xAB). assert (C := below c cAB).
    eapply Rle_trans; [exact G |]. apply Rmult_le_compat.
    - apply Rmult_le_pos; apply Rabs_pos.
    - assert (X0 := exp_pos (x * s z)). assert (C0 := exp_pos (c * s z)). lra.
    - apply Rmult_le_compat_r; assumption.
    - lra. }
  assert (Ft := far t tAB tc). assert (Fu := far u uAB uc).
  assert (chord := exp_chord (t * s z) (u * s z)).
  replace (u * s z - t * s z) with ((u - t) * s z) in chord by ring.
  assert (core : Rabs (exp (u * s z) - exp (t * s z) - (u - t) * s z * exp (c * s z))
    <= Rabs ((u - t) * s z) * (rho * Rabs (s z) * E)).
  { set (w := (u - t) * s z) in *. set (h := rho * Rabs (s z) * E) in *.
    assert (bound_t : Rabs (w * (exp (t * s z) - exp (c * s z))) <= Rabs w * h).
    { rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos | exact Ft]. }
    assert (bound_u : Rabs (w * (exp (u * s z) - exp (c * s z))) <= Rabs w * h).
    { rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos | exact Fu]. }
    apply Rabs_le. apply Rabs_def2' in bound_t. apply Rabs_def2' in bound_u. lra. }
  rewrite Rabs_mult in core. unfold size. simpl. rewrite Rmult_1_r.
  apply Rle_trans with (Rabs (s z) * (Rabs (u - t) * Rabs (s z) * (rho * Rabs (s z) * E)) * (Rabs (He k z) * phi z));
    [| right; unfold E; ring].
  rewrite Rmult_assoc. apply Rmult_le_compat_r.
  + apply Rmult_le_pos; [apply Rabs_pos | assert (H := phi_bounds z); lra].
  + apply Rmult_le_compat_l; [exact S0 | exact core].
Qed.

Lemma signal_alpha (beta : R) : 0 < beta -> / beta <= T -> converges s k beta /\ alpha s k beta = signal (/ beta).
Proof.
intros positive below. assert (t0 : 0 < / beta) by apply Rinv_0_lt_compat, positive.
assert (L := on_line_ext _ (integrand s k beta) _ (integrand_tilted s k beta) (signal_line (/ beta) ltac:(lra))).
split; [exists (signal (/ beta)); exact L | apply on_line_unique, L].
Qed.

Lemma value_at (c low high : R) :
  (exists l, on_line (tilted s k 1 c) l /\ low <= l <= high) -> low <= signal c <= high.
Proof. intros [l [L bounds]]. unfold signal. rewrite (on_line_unique _ _ L). exact bounds. Qed.

(** Between two signs there is a zero. *)
Theorem zero_between (e first last : R) : e = 1 \/ e = -1 -> 0 <= first < last -> last <= T ->
  0 < e * signal first -> e * signal last < 0 -> exists t, first < t < last /\ signal t = 0.
Proof.
intros sign first_last lastT at_first at_last.
destruct (size_exists 2 first ltac:(lia) ltac:(lra)) as [M ML]. destruct (size_exists 2 last ltac:(lia) ltac:(lra)) as [N NL].
set (K := Rmax (Rmax M N) 0).
assert (sizes : at_most 2 first last K).
{ assert (H1 := Rmax_l (Rmax M N) 0). assert (H2 := Rmax_l M N). assert (H3 := Rmax_r M N). fold K in H1.
  split; [exists M | exists N]; split; try assumption; lra. }
assert (K0 : 0 <= K) by apply Rmax_r.
pose (clamp := fun t => Rmax first (Rmin last t)).
assert (inside : forall t, first <= clamp t <= last) by (intros t; apply clip_between; lra).
assert (contracts : forall t u, Rabs (clamp t - clamp u) <= Rabs (t - u)).
{ intros t u. unfold clamp, Rmax, Rmin, Rabs. repeat destruct Rle_dec; repeat destruct Rcase_abs; lra. }
assert (fixed : forall t, first <= t <= last -> clamp t = t).
{ intros t H. unfold clamp, Rmax, Rmin. repeat destruct Rle_dec; lra. }
assert (continues : continuity (fun t => - (e * signal (clamp t)))).
{ intros t eps positive. exists (eps / (K + 1)).
  split; [apply Rlt_gt, Rdiv_lt_0_compat; lra |].
  intros u [_ close]. unfold dist, R_met, R_dist in *. simpl in *.
  assert (L := lipschitz (clamp u) (clamp t) first last K ltac:(lra) lastT (inside u) (inside t) sizes).
  assert (N' := contracts u t).
  replace (- (e * signal (clamp u)) - - (e * signal (clamp t))) with (- e * (signal (clamp u) - signal (clamp t))) by ring.
  rewrite Rabs_mult. replace (Rabs (- e)) with 1 by (destruct sign as [-> | ->]; unfold Rabs; destruct Rcase_abs; lra).
  assert (B : Rabs (u - t) * (K + 1) < eps).
  { apply Rmult_lt_reg_r with (/ (K + 1)); [apply Rinv_0_lt_compat; lra |].
    rewrite Rmult_assoc, Rinv_r by lra. rewrite Rmult_1_r. exact close. }
  assert (Rabs (clamp u - clamp t) * K <= Rabs (u - t) * K) by (apply Rmult_le_compat_r; assumption).
  assert (0 <= Rabs (u - t)) by apply Rabs_pos. lra. }
destruct (IVT (fun t => - (e * signal (clamp t))) first last continues) as [t1 [in_range zero]]; try lra.
{ rewrite fixed by lra. lra. }
{ rewrite fixed by lra. lra. }
rewrite fixed in zero by lra.
assert (zero1 : signal t1 = 0) by (destruct sign as [-> | ->]; lra).
exists t1. split; [| exact zero1].
split.
- destruct (proj1 in_range) as [less | same]; [exact less |]. rewrite <- same in zero1. rewrite zero1 in at_first. lra.
- destruct (proj2 in_range) as [less | same]; [exact less |]. rewrite same in zero1. rewrite zero1 in at_last. lra.
Qed.

(** Where the signal falls, from c - rho to c + rho, it has one zero: above 0 before, below 0 after it. *)
Theorem alone (e c rho slope K first last : R) : e = 1 \/ e = -1 ->
  0 < rho -> 0 <= c - rho -> c + rho <= T -> c - rho <= first -> 0 < first < last -> last <= c + rho ->
  at_most 3 (c - rho) (c + rho) K -> (exists D, on_line (tilted s k 2 c) D /\ e * D <= slope) -> slope + 2 * rho * K < 0 ->
  0 < e * signal first -> e * signal last < 0 ->
  exists beta0, / last < beta0 < / first /\ converges s k beta0 /\ alpha s k beta0 = 0 /\
    (forall beta, beta0 < beta -> c - rho <= / beta -> 0 < e * signal (/ beta)) /\
    (forall beta, 0 < beta < beta0 -> / beta <= c + rho -> e * signal (/ beta) < 0).
Proof.
intros sign rho0 left right near first_last end_last S3 [D [DL DS]] falls at_first at_last.
assert (monotone : forall t u, c - rho <= t -> t < u -> u <= c + rho -> e * signal u < e * signal t).
{ intros t u nt tu ur.
  assert (C := curvature t u c (c - rho) (c + rho) rho D K ltac:(lra) ltac:(lra) ltac:(lra) ltac:(lra) ltac:(lra)
    ltac:(apply Rabs_le; lra) ltac:(apply Rabs_le; lra) DL S3).
  rewrite (Rabs_right (u - t)) in C by lra. apply Rabs_def2' in C.
  assert (X : (u - t) * (slope + 2 * rho * K) < 0) by nra.
  assert (Y : (u - t) * (e * D) <= (u - t) * slope) by (apply Rmult_le_compat_l; lra).
  destruct sign as [-> | ->]; lra. }
destruct (zero_between e first last sign ltac:(lra) ltac:(lra) at_first at_last) as [t1 [in_range zero1]].
assert (t1_positive : 0 < t1) by lra.
assert (inverse : forall beta, 0 < beta -> 0 < / beta) by (intros; apply Rinv_0_lt_compat; assumption).
exists (/ t1). assert (beta0 := inverse t1 t1_positive).
split; [split; apply Rinv_lt_contravar; try lra; apply Rmult_lt_0_compat; lra |].
destruct (signal_alpha (/ t1) beta0 ltac:(rewrite Rinv_inv; lra)) as [C value]. rewrite Rinv_inv in value.
split; [exact C | split; [rewrite value; exact zero1 | split]].
- intros beta above from.
  assert (small : / beta < t1).
  { rewrite <- (Rinv_inv t1). apply Rinv_lt_contravar; [apply Rmult_lt_0_compat; lra | exact above]. }
  assert (H := monotone (/ beta) t1 from small ltac:(lra)). rewrite zero1 in H. lra.
- intros beta below to.
  assert (large : t1 < / beta).
  { rewrite <- (Rinv_inv t1). apply Rinv_lt_contravar; [apply Rmult_lt_0_compat; lra | lra]. }
  assert (H := monotone t1 (/ beta) ltac:(lra) large to). rewrite zero1 in H. lra.
Qed.

(** Where alpha_k is 0 at t = 0, it has the sign of E[s^2 He_k] after it. *)
Lemma even_signal : (forall z, s (- z) = - s z) -> (forall z, He k (- z) = He k z) -> 0 <= T -> signal 0 = 0.
Proof.
intros odd even T0. apply (odd_line (tilted s k 1 0)).
- apply signal_line. lra.
- intros z. unfold tilted, phi. rewrite odd, even, !Rmult_0_l. replace ((- z) ^ 2) with (z ^ 2) by ring. ring.
- intros x y. apply tilted_integrable, tame_s.
Qed.

Lemma sum_signal (c : list R) : (forall z, s z * He k z = He_sum c 0 z) -> signal 0 = 0.
Proof.
intros same. unfold signal. apply (on_line_unique (tilted s k 1 0) 0).
apply (on_line_ext (fun z => He_sum c 0 z * phi z) (tilted s k 1 0) 0); [| exact (He_sum_line c 0)].
intros z. unfold tilted. rewrite <- same, pow_1, Rmult_0_l, exp_0. ring.
Qed.

Theorem from_zero (e rho K slope : R) : e = 1 \/ e = -1 -> signal 0 = 0 -> 0 < rho -> 2 * rho <= T ->
  (exists D, on_line (tilted s k 2 rho) D /\ slope <= e * D) -> at_most 3 0 (2 * rho) K -> 2 * rho * K < slope ->
  forall t, 0 < t <= 2 * rho -> 0 < e * signal t.
Proof.
intros sign zero rho0 rhoT [D [DL DS]] sizes less t range.
assert (C := curvature 0 t rho 0 (2 * rho) rho D K ltac:(lra) rhoT ltac:(lra) ltac:(lra) ltac:(lra)
  ltac:(apply Rabs_le; lra) ltac:(apply Rabs_le; lra) DL sizes).
rewrite zero, (Rabs_right (t - 0)) in C by lra. apply Rabs_def2' in C.
assert (G : 0 < t * (slope - 2 * rho * K)) by (apply Rmult_lt_0_compat; lra).
assert (S : t * slope <= t * (e * D)) by (apply Rmult_le_compat_l; lra).
destruct sign as [-> | ->]; lra.
Qed.

(** Every temperature at once: where e (s(z) - c) He_k(z) >= 0 for all z, and c >= 0. *)
Lemma weighed (y c t w : R) : 0 <= t -> 0 <= c -> 0 <= (y - c) * w ->
  (y - c) * w * exp (t * Rmin y c) <= (y * exp (t * y) - c * exp (t * c)) * w.
Proof.
intros t0 c0 sign. unfold Rmin. destruct (Rle_dec y c) as [yc | cy].
- assert (E := exp_le (t * y) (t * c) ltac:(apply Rmult_le_compat_l; assumption)).
  destruct (Req_dec y c) as [-> | other]; [lra |]. assert (w0 : w <= 0) by nra.
  assert (G : 0 <= c * (exp (t * c) - exp (t * y)) * - w) by (repeat apply Rmult_le_pos; lra). lra.
- assert (E := exp_le (t * c) (t * y) ltac:(apply Rmult_le_compat_l; lra)). assert (w0 : 0 <= w) by nra.
  assert (G : 0 <= y * (exp (t * y) - exp (t * c)) * w) by (repeat apply Rmult_le_pos; lra). lra.
Qed.

Theorem one_sign (e c low u v beta : R) : (1 <= k)%nat -> (forall z, 0 <= (s z - c) * (e * He k z)) -> 0 <= c ->
  0 < low -> r <= u < v -> (forall z, u <= z <= v -> low <= (s z - c) * (e * He k z)) ->
  0 < beta -> / beta <= T -> converges s k beta /\ 0 < e * alpha s k beta.
Proof.
intros k1 along_s c0 low0 uv large positive below. set (t := / beta) in *.
assert (t0 : 0 < t) by apply Rinv_0_lt_compat, positive.
destruct (signal_alpha beta positive below) as [C ->]. split; [exact C |]. fold t.
assert (L := signal_line t ltac:(lra)).
assert (number : on_line (fun z => c * exp (t * c) * (He k z * phi z)) 0).
{ destruct k as [| j]; [lia |]. apply scaled_line, He_line. }
assert (D := is_RInt_gen_scal (V := R_NormedModule) _ e _ (is_RInt_gen_minus (V := R_NormedModule) _ _ _ _ L number)).
unfold scal, minus, plus, opp in D; simpl in D; unfold mult in D; simpl in D.
assert (shape : forall z, e * (tilted s k 1 t z + - (c * exp (t * c) * (He k z * phi z)))
  = (s z * exp (t * s z) - c * exp (t * c)) * (e * He k z) * phi z) by (intros z; unfold tilted; simpl; ring).
set (B := P * v ^ m * exp (q * v ^ 2) + c). set (Q := exp (- v ^ 2 / 2) / sqrt (2 * PI)).
assert (Q0 : 0 < Q) by (apply Rdiv_lt_0_compat; [apply exp_pos | interval]).
assert (E0 := exp_pos (- (t * B))).
apply Rlt_le_trans with (low * exp (- (t * B)) * Q * (v - u)); [apply (Rmult_lt_0_compat _ _ (Rmult_lt_0_compat _ _ (Rmult_lt_0_compat _ _ low0 E0) Q0)); lra |].
replace (e * signal t) with (e * (signal t + - 0)) by ring. apply (above_on_line _ _ u v _ D).
- intros x y. apply (ex_RInt_scal (V := R_NormedModule)), (ex_RInt_plus (V := R_NormedModule)).
  + apply tilted_integrable, tame_s.
  + apply (ex_RInt_opp (V := R_NormedModule)), (ex_RInt_scal (V := R_NormedModule)).
    apply (ex_RInt_continuous (V := R_CompleteNormedModule)). intros z _.
    apply (continuous_mult (K := R_AbsRing) (He k) phi); [apply He_continuous | apply phi_continuous].
- intros z. rewrite shape. apply Rmult_le_pos; [| apply Rlt_le, phi_bounds].
  eapply Rle_trans; [| apply weighed; auto; lra]. apply Rmult_le_pos; [apply along_s | apply Rlt_le, exp_pos].
- lra.
- intros z range. rewrite shape. apply Rmult_le_compat; [apply Rmult_le_pos; lra | lra | |].
  + eapply Rle_trans; [| apply weighed; auto; lra]. apply Rmult_le_compat; [lra | lra | apply large; lra |].
    apply exp_le. replace (- (t * B)) with (t * - B) by ring. apply Rmult_le_compat_l; [lra |].
    destruct (growth t z ltac:(lra)) as [bound _]; [rewrite Rabs_right; lra |]. rewrite (Rabs_right z) in bound by lra.
    assert (W : P * z ^ m * exp (q * z ^ 2) <= P * v ^ m * exp (q * v ^ 2)).
    { apply Rmult_le_compat; [apply Rmult_le_pos; [lra | apply pow_le; lra] | apply Rlt_le, exp_pos | |].
      - apply Rmult_le_compat_l; [lra | apply pow_incr; lra].
      - apply exp_le. apply Rmult_le_compat_l; [lra | nra]. }
    assert (B0 : 0 <= P * v ^ m * exp (q * v ^ 2)).
    { eapply Rle_trans; [apply Rabs_pos | eapply Rle_trans; [exact bound | exact W]]. }
    apply Rabs_def2' in bound. unfold B, Rmin. destruct Rle_dec; lra.
  + unfold Q, phi, Rdiv. apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; interval |]. apply exp_le. nra.
Qed.

(** Of a link with steps. *)
Theorem steps_sign (e : R) (j : nat) (v c w : R) (rest : list (R * R)) (beta : R) : (forall z, z < c -> s z = v) ->
  steps s c w rest -> 0 < beta -> / beta <= T -> k = S j ->
  (0 < / beta -> 0 < e * jumps (power_exp 1 (/ beta)) j v (cons (c, w) rest)) -> converges s k beta /\ 0 < e * alpha s k beta.
Proof.
intros before after positive below order sign. assert (t0 := Rinv_0_lt_compat beta positive).
destruct (signal_alpha beta positive below) as [C ->]. split; [exact C |].
assert (L := signal_line (/ beta) ltac:(lra)). rewrite order in L.
rewrite (steps_line s j 1 (/ beta) v c w _ rest tame_s before after L). apply sign, t0.
Qed.

End Range.

(** What [Range] asks of a link: its growth, *)
Lemma grown (f : R -> R) (P g : R) (m : nat) (z : R) : grows f P m g -> g <= 0 -> 1 <= Rabs z ->
  Rabs (f z) <= P * Rabs z ^ m * exp (0 * z ^ 2).
Proof.
intros [P0 F] g0 one. specialize (F z one). assert (S := scale_le m m g 0 z ltac:(lia) g0 one).
rewrite scale_0 in S. rewrite Rmult_0_l, exp_0. nra.
Qed.

Lemma grown_exponential (f : R -> R) (P g q G : R) (m : nat) (z : R) : 0 < q -> grows f P m g -> g <= G -> 1 <= Rabs z ->
  Rabs (f z) <= P * exp (G ^ 2 / (4 * q)) * Rabs z ^ m * exp (q * z ^ 2).
Proof.
intros q0 [P0 F] gG one. eapply Rle_trans; [apply F, one |].
replace (P * exp (G ^ 2 / (4 * q)) * Rabs z ^ m * exp (q * z ^ 2))
  with (P * (Rabs z ^ m * exp (G ^ 2 / (4 * q) + q * z ^ 2))) by (rewrite exp_plus; ring).
apply Rmult_le_compat_l; [exact P0 |].
eapply Rle_trans; [apply (scale_le m m g G z ltac:(lia) gG one) |].
apply Rmult_le_compat_l; [apply pow_le; lra |]. apply exp_le.
assert (x2 : Rabs z ^ 2 = z ^ 2) by (rewrite RPow_abs; apply Rabs_right; nra).
assert (H : 0 <= q * (Rabs z - G / (2 * q)) ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]).
replace (q * (Rabs z - G / (2 * q)) ^ 2) with (q * Rabs z ^ 2 - G * Rabs z + G ^ 2 / (4 * q)) in H by (field; lra).
rewrite x2 in H. lra.
Qed.

(** and how far above 0 it is: at most a number, at most linear, or quadratic. *)
Definition rises (f : R -> R) (U : R) (n : nat) : Prop := 0 <= U /\ forall z, 1 <= Rabs z -> f z <= U * Rabs z ^ n.

Lemma rises_grows (f : R -> R) (P g : R) (m : nat) : grows f P m g -> g <= 0 -> rises f P m.
Proof.
intros own g0. split; [apply own |]. intros z one. assert (F := grown f P g m z own g0 one).
rewrite Rmult_0_l, exp_0, Rmult_1_r in F. eapply Rle_trans; [apply Rle_abs | exact F].
Qed.

Lemma rises_below (f : R -> R) (hi : R) : 0 <= hi -> (forall z, f z <= hi) -> rises f hi 0.
Proof. intros hi0 below. split; [exact hi0 |]. intros z _. simpl. specialize (below z). lra. Qed.

Lemma rises_plus (f g : R -> R) (U V : R) (m n : nat) :
  rises f U m -> rises g V n -> rises (fun z => f z + g z) (U + V) (Nat.max m n).
Proof.
intros [U0 F] [V0 G]. split; [lra |]. intros z one. specialize (F z one). specialize (G z one).
assert (M := Rle_pow _ m (Nat.max m n) one ltac:(lia)). assert (N := Rle_pow _ n (Nat.max m n) one ltac:(lia)). nra.
Qed.

Lemma rises_minus (f g : R -> R) (U V : R) (m n : nat) :
  rises f U m -> rises (fun z => - g z) V n -> rises (fun z => f z - g z) (U + V) (Nat.max m n).
Proof. apply rises_plus. Qed.

Lemma upper_number (T t y hi z : R) : 0 <= t <= T -> 0 <= hi -> y <= hi -> t * y <= 0 * z ^ 2 + T * hi.
Proof. intros range hi0 below. assert (t * y <= t * hi) by (apply Rmult_le_compat_l; lra). nra. Qed.

Lemma upper_flat (s : R -> R) (T U t z : R) : rises s U 0 -> 0 <= t <= T -> 1 <= Rabs z -> t * s z <= 0 * z ^ 2 + T * U.
Proof. intros [U0 F] range one. specialize (F z one). simpl in F. apply upper_number; lra. Qed.

Lemma upper_linear (s : R -> R) (T U : R) (n : nat) (t z : R) : rises s U n -> (n <= 1)%nat ->
  0 <= t <= T -> 1 <= Rabs z -> t * s z <= 1 / 8 * z ^ 2 + 2 * (T * U) ^ 2.
Proof.
intros [U0 F] less range far. specialize (F z far). assert (V := Rle_pow _ n 1 far less). simpl in V.
assert (x2 : Rabs z ^ 2 = z ^ 2) by (rewrite RPow_abs; apply Rabs_right; nra).
assert (B : s z <= U * Rabs z) by nra. assert (UZ : 0 <= U * Rabs z) by (apply Rmult_le_pos; lra).
assert (t * s z <= t * (U * Rabs z)) by (apply Rmult_le_compat_l; lra).
assert (t * (U * Rabs z) <= T * (U * Rabs z)) by (apply Rmult_le_compat_r; lra).
assert (G := pow2_ge_0 (Rabs z - 4 * (T * U))).
replace ((Rabs z - 4 * (T * U)) ^ 2) with (z ^ 2 - 8 * (T * (U * Rabs z)) + 16 * (T * U) ^ 2) in G by (rewrite <- x2; ring).
lra.
Qed.

Lemma upper_quadratic (T t y e q0 q1 q2 N Q z : R) : 0 < e -> 0 <= N -> 0 <= Q -> q0 <= N -> q2 <= Q ->
  0 <= t <= T -> y = q2 * z ^ 2 + q1 * z + q0 -> t * y <= (T * Q + e) * z ^ 2 + (T * N + (T * q1) ^ 2 / (4 * e)).
Proof.
intros e0 N0 Q0 below_N below_Q range ->. assert (Z := pow2_ge_0 z).
assert (larger : forall x y, x <= y -> 0 <= y -> t * x <= T * y).
{ intros u v uv v0. apply Rle_trans with (t * v); [apply Rmult_le_compat_l | apply Rmult_le_compat_r]; lra. }
assert (square : t * q2 * z ^ 2 <= T * Q * z ^ 2) by (apply Rmult_le_compat_r; [exact Z | apply larger; assumption]).
assert (number : t * q0 <= T * N) by (apply larger; assumption).
assert (G : 0 <= e * (z - t * q1 / (2 * e)) ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]).
replace (e * (z - t * q1 / (2 * e)) ^ 2) with (e * z ^ 2 - t * q1 * z + (t * q1) ^ 2 / (4 * e)) in G by (field; lra).
assert ((t * q1) ^ 2 / (4 * e) <= (T * q1) ^ 2 / (4 * e)).
{ apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; lra |]. rewrite !Rpow_mult_distr.
  apply Rmult_le_compat_r; [apply pow2_ge_0 | apply pow_incr; lra]. }
lra.
Qed.

(** A polynomial that falls on both sides is below 0 beyond r. *)
(** q holds the coefficients of s from the highest on, so that s(z) = z^(2n) q(1/z). *)
Lemma falling (s q : R -> R) (n : nat) (r : R) : 1 <= r -> (forall z, z <> 0 -> s z = (z ^ 2) ^ n * q (/ z)) ->
  (forall u, - / r <= u <= / r -> q u <= 0) -> forall z, r <= Rabs z -> s z <= 0.
Proof.
intros r1 shape below z far.
assert (z0 : z <> 0) by (intros ->; rewrite Rabs_R0 in far; lra).
rewrite shape by exact z0. assert (Z : 0 <= (z ^ 2) ^ n) by apply pow_le, pow2_ge_0.
assert (u : Rabs (/ z) <= / r) by (rewrite Rabs_inv; apply Rinv_le_contravar; lra).
assert (Q := below (/ z) (Rabs_def2' _ _ u)). nra.
Qed.

(** alpha_k at a temperature, from the same in t. *)
Lemma alpha_at (s : R -> R) (k : nat) (beta t low high : R) : / beta = t ->
  (exists l, on_line (tilted s k 1 t) l /\ low <= l <= high) -> converges s k beta /\ low <= alpha s k beta <= high.
Proof.
intros same [l [L bounds]]. rewrite <- same in L. apply (on_line_ext _ (integrand s k beta)) in L.
- split; [exists l; exact L |]. unfold alpha. rewrite (on_line_unique _ _ L). exact bounds.
- intros z. apply integrand_tilted.
Qed.

(** ** Links of which (s(z) - c) He_k(z) has one sign, seen part by part; w: that sign, times a positive number *)
Definition along (w : R) (k : nat) (f : R -> R) (c : R) : Prop := forall z, 0 <= (f z - c) * (w * He k z).

Lemma along_number (w c : R) (k : nat) : along w k (fun _ => c) c.
Proof. intros z. unfold Rminus. rewrite Rplus_opp_r, Rmult_0_l. lra. Qed.

Lemma along_z (w : R) : 0 <= w -> along w 1 (fun z => z) 0.
Proof. intros w0 z. simpl. assert (0 <= w * z ^ 2) by (apply Rmult_le_pos; [exact w0 | apply pow2_ge_0]). lra. Qed.

Lemma along_square (w : R) : 0 <= w -> along w 2 (fun z => z ^ 2) 1.
Proof.
intros w0 z. simpl. assert (0 <= w * (z ^ 2 - 1) ^ 2) by (apply Rmult_le_pos; [exact w0 | apply pow2_ge_0]). lra.
Qed.

Lemma along_abs (w : R) : 0 <= w -> along w 2 (fun z => Rabs z) 1.
Proof.
intros w0 z. simpl. assert (Z := Rabs_pos z). assert (x2 : z * z = Rabs z * Rabs z) by (unfold Rabs; destruct Rcase_abs; ring).
rewrite x2. replace ((Rabs z - 1) * (w * (Rabs z * Rabs z - 1 * 1))) with (w * ((Rabs z + 1) * (Rabs z - 1) ^ 2)) by ring.
assert (Q := pow2_ge_0 (Rabs z - 1)). apply Rmult_le_pos; [lra | apply Rmult_le_pos; lra].
Qed.

Lemma along_He (w : R) (k : nat) : 0 <= w -> along w k (fun z => He k z) 0.
Proof. intros w0 z. assert (0 <= w * (He k z) ^ 2) by (apply Rmult_le_pos; [exact w0 | apply pow2_ge_0]). lra. Qed.

Lemma along_opp (w c : R) (k : nat) (f : R -> R) : along (- w) k f c -> along w k (fun z => - f z) (- c).
Proof. intros F z. specialize (F z). lra. Qed.

Lemma along_plus (w c d : R) (k : nat) (f g : R -> R) :
  along w k f c -> along w k g d -> along w k (fun z => f z + g z) (c + d).
Proof. intros F G z. specialize (F z). specialize (G z). lra. Qed.

Lemma along_minus (w c d : R) (k : nat) (f g : R -> R) :
  along w k f c -> along (- w) k g d -> along w k (fun z => f z - g z) (c - d).
Proof. intros F G z. specialize (F z). specialize (G z). lra. Qed.

Lemma along_multiple (w c d : R) (k : nat) (f : R -> R) : along (w * d) k f c -> along w k (fun z => d * f z) (d * c).
Proof. intros F z. specialize (F z). lra. Qed.

Lemma along_multiple' (w c d : R) (k : nat) (f : R -> R) : along (w * d) k f c -> along w k (fun z => f z * d) (c * d).
Proof. intros F z. specialize (F z). lra. Qed.

Lemma along_times' (w c : R) (k : nat) (f g : R -> R) :
  along w k f c -> c = 0 -> (forall z, 0 <= g z) -> along w k (fun z => f z * g z) 0.
Proof. intros F -> G z. specialize (F z). specialize (G z). nra. Qed.

Lemma along_times (w c : R) (k : nat) (g f : R -> R) :
  along w k f c -> c = 0 -> (forall z, 0 <= g z) -> along w k (fun z => g z * f z) 0.
Proof. intros F -> G z. specialize (F z). specialize (G z). nra. Qed.

Lemma along_max (w c d : R) (k : nat) (f g : R -> R) :
  along w k f c -> along w k g d -> along w k (fun z => Rmax (f z) (g z)) (Rmax c d).
Proof. intros F G z. specialize (F z). specialize (G z). unfold Rmax. repeat destruct Rle_dec; nra. Qed.

Lemma along_min (w c d : R) (k : nat) (f g : R -> R) :
  along w k f c -> along w k g d -> along w k (fun z => Rmin (f z) (g z)) (Rmin c d).
Proof. intros F G z. specialize (F z). specialize (G z). unfold Rmin. repeat destruct Rle_dec; nra. Qed.

Definition increasing (h : R -> R) : Prop := forall x y, x <= y -> h x <= h y.

Lemma along_through (h : R -> R) (w c : R) (k : nat) (f : R -> R) :
  increasing h -> along w k f c -> along w k (fun z => h (f z)) (h c).
Proof.
intros up F z. specialize (F z). destruct (Rtotal_order (f z) c) as [less | [-> | more]]; [| lra |].
- assert (H := up (f z) c ltac:(lra)). nra.
- assert (H := up c (f z) ltac:(lra)). nra.
Qed.

Lemma sigmoid_increases : increasing (fun x => 1 / (1 + exp (- x))).
Proof.
intros x y xy. assert (E := exp_le (- y) (- x) ltac:(lra)). assert (Y := exp_pos (- y)).
unfold Rdiv. rewrite !Rmult_1_l. apply Rinv_le_contravar; lra.
Qed.

Lemma tanh_0 : tanh 0 = 0.
Proof. unfold tanh, sinh. rewrite Ropp_0. lra. Qed.

Lemma tanh_increases : increasing tanh.
Proof.
intros x y xy. assert (H := sigmoid_increases (2 * x) (2 * y) ltac:(lra)). rewrite !tanh_by_exp. lra.
Qed.

Lemma softplus_increases : increasing (fun x => ln (1 + exp x)).
Proof. intros x y xy. assert (E := exp_le x y xy). assert (X := exp_pos x). apply ln_le; lra. Qed.

Lemma atan_increases : increasing atan.
Proof. intros x y [less | ->]; [apply Rlt_le, atan_increasing, less | lra]. Qed.

Lemma sign_increases : increasing sign.
Proof.
intros x y xy. destruct (Rtotal_order x 0) as [less | [-> | more]].
- rewrite (sign_eq_m1 x less). apply sign_between.
- rewrite sign_0. destruct xy as [less | <-]; [rewrite sign_eq_1 by exact less; lra | rewrite sign_0; lra].
- rewrite (sign_eq_1 x more), sign_eq_1 by lra. lra.
Qed.

(** What terms of these proofs leave open. *)
Ltac increases := intros x y xy; cbv beta; first
  [exact (tanh_increases x y xy) | exact (atan_increases x y xy) | exact (exp_le x y xy) | exact (sqrt_le_1_alt x y xy)
  | exact (sign_increases x y xy) | exact (sigmoid_increases x y xy) | exact (softplus_increases x y xy)
  | assert (H := sign_increases x y xy); lra | assert (H := exp_le x y xy); lra
  | unfold Rmax, Rmin; repeat destruct Rle_dec; lra].
Ltac at_0 := repeat (rewrite tanh_0 || rewrite atan_0 || rewrite sign_0 || rewrite Ropp_0 || rewrite exp_0 || match goal with
  | |- context [tanh ?x] => replace x with 0 by (lra || field)
  | |- context [atan ?x] => replace x with 0 by (lra || field)
  | |- context [sign ?x] => replace x with 0 by (lra || field) end).
Ltac vanishes := cbv beta; at_0; unfold Rmax, Rmin; repeat destruct Rle_dec; try lra; at_0; lra.
Ltac level := first [vanishes | at_0; unfold Rmax, Rmin; repeat destruct Rle_dec; repeat rewrite tanh_by_exp; interval].
Ltac rate_at_most := unfold Rmax; repeat destruct Rle_dec; simpl INR; first [lra | interval].
Ltac nowhere_below_0 := intros; cbv beta; first [lra | apply Rlt_le, Rinv_0_lt_compat; interval | interval].

(** Odd links: signs are drawn out of every function. *)
Lemma tanh_opp (x : R) : tanh (- x) = - tanh x.
Proof. unfold tanh, sinh, cosh, Rdiv. rewrite Ropp_involutive, (Rplus_comm (exp (- x))). ring. Qed.

Lemma sinh_opp (x : R) : sinh (- x) = - sinh x.
Proof. unfold sinh. rewrite Ropp_involutive. field. Qed.

Lemma cosh_opp (x : R) : cosh (- x) = cosh x.
Proof. unfold cosh. rewrite Ropp_involutive. field. Qed.

Lemma clip_opp (a x : R) : 0 <= a -> Rmax (- a) (Rmin a (- x)) = - Rmax (- a) (Rmin a x).
Proof. intros a0. unfold Rmax, Rmin. repeat destruct Rle_dec; lra. Qed.

Lemma quotient_opp (x y : R) : - x / y = - (x / y).
Proof. unfold Rdiv. ring. Qed.

Lemma power_opp (x : R) (n : nat) : (- x) ^ S (S n) = x ^ 2 * (- x) ^ n.
Proof. simpl. ring. Qed.

Ltac odd_by_signs := repeat (rewrite tanh_opp || rewrite sinh_opp || rewrite cosh_opp || rewrite sin_neg || rewrite cos_neg
  || rewrite atan_opp || rewrite sign_opp || rewrite Rabs_Ropp || (rewrite clip_opp by lra) || rewrite quotient_opp
  || rewrite <- Ropp_mult_distr_l || rewrite <- Ropp_mult_distr_r || rewrite Ropp_involutive || rewrite <- Ropp_plus_distr
  || rewrite power_opp || rewrite pow_O || rewrite pow_1); first [reflexivity | ring | lra | unfold Rmax, Rmin; repeat destruct Rle_dec; lra].
