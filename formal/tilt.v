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

(** ** Links of polynomial growth: |s| <= P |z|^m and t s <= a z^2 + b where |z| >= r, a < 1/2 *)

Section Tails.

Variables (s : R -> R) (k i m n : nat) (t P a b c d r : R).
Hypothesis tame_s : tame s.
Hypothesis r_large : 1 <= r.
Hypothesis P_nonnegative : 0 <= P.
Hypothesis c_positive : 0 < c.
Hypothesis d_positive : 0 < d.
Hypothesis rates : a + c + d <= 1 / 2.
Hypothesis few : (m * i + k <= 2 * S n + 1)%nat.
Hypothesis growth : forall z, r <= Rabs z -> Rabs (s z) <= P * Rabs z ^ m /\ t * s z <= a * z ^ 2 + b.

Definition tail_size : R := P ^ i * He_size k * exp b * (INR (S n) / d) ^ S n.

Lemma tail_term (z : R) : r <= Rabs z ->
  Rabs (s z) ^ i * exp (t * s z) * Rabs (He k z) * phi z <= tail_size * Rabs z * exp (- (c * z ^ 2)).
Proof.
intros far. destruct (growth z far) as [bound tilt]. assert (one : 1 <= Rabs z) by lra.
assert (x2 : Rabs z ^ 2 = z ^ 2) by (rewrite RPow_abs; apply Rabs_right; nra).
assert (Hs := He_size_nonnegative k). assert (Ph := phi_bounds z). assert (Et := exp_pos (t * s z)).
assert (B1 : Rabs (s z) ^ i <= P ^ i * Rabs z ^ (m * i)).
{ rewrite pow_mult, <- Rpow_mult_distr. apply pow_incr. split; [apply Rabs_pos | exact bound]. }
assert (B2 : exp (t * s z) <= exp (a * z ^ 2 + b)) by (apply exp_le; exact tilt).
assert (B3 := He_growth k z one).
assert (P1 : 0 <= Rabs (s z) ^ i) by apply pow_le, Rabs_pos.
assert (B4 : Rabs z ^ (m * i + k) <= Rabs z * ((INR (S n) / d) ^ S n * exp (d * z ^ 2))).
{ apply Rle_trans with (Rabs z ^ S (2 * S n)); [apply Rle_pow; [exact one | lia] |].
  change (Rabs z ^ S (2 * S n)) with (Rabs z * Rabs z ^ (2 * S n)). apply Rmult_le_compat_l; [lra |]. rewrite <- x2. apply (power_absorbed d (Rabs z) n (2 * S n)); auto. }
apply Rle_trans with ((P ^ i * Rabs z ^ (m * i)) * exp (a * z ^ 2 + b) * (He_size k * Rabs z ^ k) * exp (- z ^ 2 / 2)).
{ repeat apply Rmult_le_compat; try apply Rlt_le, Ph; try exact B1; try exact B2; try exact B3; try apply Ph; try apply Rabs_pos;
  try exact P1; try (apply Rlt_le; exact Et); repeat apply Rmult_le_pos; try exact P1; try apply Rabs_pos; apply Rlt_le, Et. }
replace (P ^ i * Rabs z ^ (m * i) * exp (a * z ^ 2 + b) * (He_size k * Rabs z ^ k) * exp (- z ^ 2 / 2))
  with (P ^ i * He_size k * exp b * exp (a * z ^ 2 - z ^ 2 / 2) * (Rabs z ^ (m * i + k)))
  by (rewrite pow_add, exp_plus; unfold Rminus; rewrite exp_plus; replace (- z ^ 2 / 2) with (- (z ^ 2 / 2)) by field; ring).
assert (C : 0 <= P ^ i * He_size k * exp b).
{ repeat apply Rmult_le_pos; [apply pow_le, P_nonnegative | exact Hs | apply Rlt_le, exp_pos]. }
apply Rle_trans with (P ^ i * He_size k * exp b * exp (a * z ^ 2 - z ^ 2 / 2)
  * (Rabs z * ((INR (S n) / d) ^ S n * exp (d * z ^ 2)))).
{ apply Rmult_le_compat_l; [apply Rmult_le_pos; [exact C | apply Rlt_le, exp_pos] | exact B4]. }
unfold tail_size.
apply Rle_trans with (P ^ i * He_size k * exp b * (INR (S n) / d) ^ S n * Rabs z * exp (a * z ^ 2 - z ^ 2 / 2 + d * z ^ 2)).
{ rewrite exp_plus. right. ring. }
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

Theorem tilted_enclosed (apart : bool) (s : R -> R) (k i m n : nat) (t P a b c d r low high lo hi : R) :
  tame s -> 1 <= r -> 0 <= P -> 0 < c -> 0 < d -> a + c + d <= 1 / 2 -> (m * i + k <= 2 * S n + 1)%nat ->
  (forall z, r <= Rabs z -> Rabs (s z) <= P * Rabs z ^ m /\ t * s z <= a * z ^ 2 + b) ->
  low <= RInt (fun z => term apart k i t (s z) z) (- r) r <= high ->
  lo <= low / sqrt (2 * PI) - tail_size k i n P b d / c * exp (- (c * r ^ 2)) ->
  high / sqrt (2 * PI) + tail_size k i n P b d / c * exp (- (c * r ^ 2)) <= hi ->
  exists l, on_line (tilted s k i t) l /\ lo <= l <= hi.
Proof.
intros tame_s r1 P0 c0 d0 rates few growth inside below above.
apply (from_plain _ (fun z => term apart k i t (s z) z) r low high (tail_size k i n P b d / c * exp (- (c * r ^ 2)))); auto.
- intros z. unfold tilted. apply without_root.
- intros x y. apply tilted_integrable, tame_s.
- apply (tilted_value s k i m n t P a b c d r); auto.
Qed.

Theorem size_enclosed (apart : bool) (s : R -> R) (k i m n : nat) (t P a b c d r high hi : R) :
  tame s -> 1 <= r -> 0 <= P -> 0 < c -> 0 < d -> a + c + d <= 1 / 2 -> (m * i + k <= 2 * S n + 1)%nat ->
  (forall z, r <= Rabs z -> Rabs (s z) <= P * Rabs z ^ m /\ t * s z <= a * z ^ 2 + b) ->
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
- apply (size_value s k i m n t P a b c d r); auto.
- exists l. split; [exact L | lra].
Qed.

(** ** How links grow *)

Definition grows (f : R -> R) (P : R) (m : nat) : Prop :=
  0 <= P /\ forall z, 1 <= Rabs z -> Rabs (f z) <= P * Rabs z ^ m.

Lemma grows_number (c : R) : grows (fun _ => c) (Rabs c) 0.
Proof. split; [apply Rabs_pos |]. intros z _. simpl. lra. Qed.

Lemma grows_z : grows (fun z => z) 1 1.
Proof. split; [lra |]. intros z _. simpl. lra. Qed.

Lemma grows_between (f : R -> R) (lo hi P : R) : (forall z, lo <= f z <= hi) -> - P <= lo -> hi <= P -> grows f P 0.
Proof.
intros bounds below above. split; [specialize (bounds 0); lra |].
intros z _. specialize (bounds z). simpl. unfold Rabs; destruct Rcase_abs; lra.
Qed.

Lemma grows_more (f : R -> R) (P : R) (m n : nat) (z : R) :
  grows f P m -> (m <= n)%nat -> 1 <= Rabs z -> Rabs (f z) <= P * Rabs z ^ n.
Proof.
intros [P0 bound] less one. eapply Rle_trans; [apply bound, one |].
apply Rmult_le_compat_l; [exact P0 | apply Rle_pow; assumption].
Qed.

Lemma grows_plus (f g : R -> R) (P Q : R) (m n : nat) :
  grows f P m -> grows g Q n -> grows (fun z => f z + g z) (P + Q) (Nat.max m n).
Proof.
intros F G. split; [destruct F, G; lra |]. intros z one.
assert (F1 := grows_more f P m (Nat.max m n) z F ltac:(lia) one).
assert (G1 := grows_more g Q n (Nat.max m n) z G ltac:(lia) one).
eapply Rle_trans; [apply Rabs_triang | lra].
Qed.

Lemma grows_opp (f : R -> R) (P : R) (m : nat) : grows f P m -> grows (fun z => - f z) P m.
Proof. intros [P0 bound]. split; [exact P0 |]. intros z one. rewrite Rabs_Ropp. auto. Qed.

Lemma grows_minus (f g : R -> R) (P Q : R) (m n : nat) :
  grows f P m -> grows g Q n -> grows (fun z => f z - g z) (P + Q) (Nat.max m n).
Proof. intros F G. apply (grows_plus f (fun z => - g z)); [exact F | apply grows_opp, G]. Qed.

Lemma grows_mult (f g : R -> R) (P Q : R) (m n : nat) :
  grows f P m -> grows g Q n -> grows (fun z => f z * g z) (P * Q) (m + n).
Proof.
intros [P0 F] [Q0 G]. split; [apply Rmult_le_pos; assumption |]. intros z one.
rewrite Rabs_mult, pow_add. replace (P * Q * (Rabs z ^ m * Rabs z ^ n)) with (P * Rabs z ^ m * (Q * Rabs z ^ n)) by ring.
apply Rmult_le_compat; auto using Rabs_pos.
Qed.

Lemma grows_pow (f : R -> R) (P : R) (m n : nat) : grows f P m -> grows (fun z => f z ^ n) (P ^ n) (m * n).
Proof.
intros [P0 F]. split; [apply pow_le, P0 |]. intros z one.
rewrite <- RPow_abs, pow_mult, <- Rpow_mult_distr. apply pow_incr. split; [apply Rabs_pos | auto].
Qed.

Lemma grows_abs (f : R -> R) (P : R) (m : nat) : grows f P m -> grows (fun z => Rabs (f z)) P m.
Proof. intros [P0 F]. split; [exact P0 |]. intros z one. rewrite Rabs_Rabsolu. auto. Qed.

Lemma grows_max (f g : R -> R) (P Q : R) (m n : nat) :
  grows f P m -> grows g Q n -> grows (fun z => Rmax (f z) (g z)) (P + Q) (Nat.max m n).
Proof.
intros F G. destruct (grows_plus _ _ _ _ _ _ (grows_abs _ _ _ F) (grows_abs _ _ _ G)) as [PQ bound].
split; [exact PQ |]. intros z one. eapply Rle_trans; [| apply bound, one].
rewrite (Rabs_right (_ + _)) by (apply Rle_ge, Rplus_le_le_0_compat; apply Rabs_pos).
assert (A := Rabs_pos (f z)). assert (B := Rabs_pos (g z)). unfold Rmax. destruct Rle_dec; lra.
Qed.

Lemma grows_min (f g : R -> R) (P Q : R) (m n : nat) :
  grows f P m -> grows g Q n -> grows (fun z => Rmin (f z) (g z)) (P + Q) (Nat.max m n).
Proof.
intros F G. destruct (grows_plus _ _ _ _ _ _ (grows_abs _ _ _ F) (grows_abs _ _ _ G)) as [PQ bound].
split; [exact PQ |]. intros z one. eapply Rle_trans; [| apply bound, one].
rewrite (Rabs_right (_ + _)) by (apply Rle_ge, Rplus_le_le_0_compat; apply Rabs_pos).
assert (A := Rabs_pos (f z)). assert (B := Rabs_pos (g z)). unfold Rmin. destruct Rle_dec; lra.
Qed.

Lemma grows_either (f g h : R -> R) (P Q : R) (m n : nat) :
  (forall z, h z = f z \/ h z = g z) -> grows f P m -> grows g Q n -> grows h (P + Q) (Nat.max m n).
Proof.
intros either F G. destruct (grows_plus _ _ _ _ _ _ (grows_abs _ _ _ F) (grows_abs _ _ _ G)) as [PQ bound].
split; [exact PQ |]. intros z one. eapply Rle_trans; [| apply bound, one].
rewrite (Rabs_right (_ + _)) by (apply Rle_ge, Rplus_le_le_0_compat; apply Rabs_pos).
assert (A := Rabs_pos (f z)). assert (B := Rabs_pos (g z)). destruct (either z) as [-> | ->]; lra.
Qed.

Lemma grows_hermite (f : R -> R) (P : R) (m k : nat) :
  grows f P m -> grows (fun z => He k (f z)) (He_size k * (1 + P) ^ k) (m * k).
Proof.
intros [P0 F]. assert (Hs := He_size_nonnegative k).
split; [apply Rmult_le_pos; [exact Hs | apply pow_le; lra] |]. intros z one.
rewrite Rmult_assoc. eapply Rle_trans; [apply (He_bound k (f z)) |].
apply Rmult_le_compat_l; [exact Hs |]. rewrite pow_mult, <- Rpow_mult_distr. apply pow_incr.
assert (W : 1 <= Rabs z ^ m) by (apply pow_R1_Rle, one). assert (A := Rabs_pos (f z)). specialize (F z one).
split; [lra | nra].
Qed.

Lemma grows_softplus (f : R -> R) (P : R) (m : nat) : grows f P m -> grows (fun z => ln (1 + exp (f z))) (1 + P) m.
Proof.
intros [P0 F]. split; [lra |]. intros z one. specialize (F z one).
assert (W : 1 <= Rabs z ^ m) by (apply pow_R1_Rle, one). assert (E := exp_pos (f z)).
assert (E' := exp_pos (Rabs (f z))).
assert (up : 1 + exp (f z) <= exp (1 + Rabs (f z))).
{ rewrite exp_plus. assert (exp (f z) <= exp (Rabs (f z))) by apply exp_le, Rle_abs.
  assert (1 <= exp (Rabs (f z))) by (rewrite <- exp_0 at 1; apply exp_le, Rabs_pos).
  assert (2 <= exp 1) by interval. nra. }
assert (0 <= ln (1 + exp (f z))) by (rewrite <- ln_1; apply ln_le; lra).
assert (ln (1 + exp (f z)) <= 1 + Rabs (f z)) by (rewrite <- (ln_exp (1 + Rabs (f z))); apply ln_le; lra).
rewrite Rabs_right by lra. nra.
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

Ltac known := unfold sinh, cosh;
  repeat (rewrite tanh_by_exp || (rewrite clip_by_abs by lra) || rewrite max_by_abs || rewrite min_by_abs).

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

(** ** Ranges of temperatures: t from 0 to T, where E[e^{t s}] converges *)

Section Range.

Variables (s : R -> R) (k m : nat) (T P a b r : R).
Hypothesis tame_s : tame s.
Hypothesis r_large : 1 <= r.
Hypothesis P_nonnegative : 0 <= P.
Hypothesis rate : a < 1 / 2.
Hypothesis growth : forall t z, 0 <= t <= T -> r <= Rabs z ->
  Rabs (s z) <= P * Rabs z ^ m /\ t * s z <= a * z ^ 2 + b.

(** alpha_k as a function of t = 1/beta. *)
Definition signal (t : R) : R :=
  RInt_gen (tilted s k 1 t) (Rbar_locally m_infty) (Rbar_locally p_infty).

Lemma tilted_exists (i : nat) (t : R) : 0 <= t <= T -> exists l, on_line (tilted s k i t) l.
Proof.
intros t0. set (c := (1 / 2 - a) / 2).
destruct (tilted_value s k i m (m * i + k) t P a b c c r) as [l [L _]]; unfold c; try lra; try lia.
- exact tame_s.
- intros z far. apply growth; assumption.
- exists l; exact L.
Qed.

Lemma size_exists (i : nat) (t : R) : 0 <= t <= T -> exists l, on_line (size s k i t) l.
Proof.
intros t0. set (c := (1 / 2 - a) / 2).
destruct (size_value s k i m (m * i + k) t P a b c c r) as [l [L _]]; unfold c; try lra; try lia.
- exact tame_s.
- intros z far. apply growth; assumption.
- exists l; exact L.
Qed.

Lemma signal_line (t : R) : 0 <= t <= T -> on_line (tilted s k 1 t) (signal t).
Proof.
intros t0. destruct (tilted_exists 1 t t0) as [l L]. unfold signal. rewrite (on_line_unique _ _ L). exact L.
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
  { set (q := (u - t) * s z) in *. set (h := rho * Rabs (s z) * E) in *.
    assert (bound_t : Rabs (q * (exp (t * s z) - exp (c * s z))) <= Rabs q * h).
    { rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos | exact Ft]. }
    assert (bound_u : Rabs (q * (exp (u * s z) - exp (c * s z))) <= Rabs q * h).
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
destruct (size_exists 2 first ltac:(lra)) as [M ML]. destruct (size_exists 2 last ltac:(lra)) as [N NL].
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

End Range.

(** What [Range] asks of links between two numbers, of linear growth, and quadratic. *)
Lemma bounded_range (s : R -> R) (T lo hi P : R) : (forall z, lo <= s z <= hi) -> - P <= lo -> hi <= P ->
  forall t z, 0 <= t <= T -> 1 <= Rabs z -> Rabs (s z) <= P * Rabs z ^ 0 /\ t * s z <= 0 * z ^ 2 + T * P.
Proof.
intros bounds below above t z range _. specialize (bounds z). split.
- simpl. unfold Rabs; destruct Rcase_abs; lra.
- assert (t * s z <= t * P) by (apply Rmult_le_compat_l; lra).
  assert (t * P <= T * P) by (apply Rmult_le_compat_r; lra). lra.
Qed.

Lemma linear_range (s : R -> R) (T P : R) (m : nat) : grows s P m -> (m <= 1)%nat ->
  forall t z, 0 <= t <= T -> 1 <= Rabs z -> Rabs (s z) <= P * Rabs z ^ 1 /\ t * s z <= 1 / 8 * z ^ 2 + 2 * (T * P) ^ 2.
Proof.
intros own less t z range far. assert (P0 := proj1 own).
assert (F := grows_more s P m 1 z own less far). split; [exact F |].
assert (x2 : Rabs z ^ 2 = z ^ 2) by (rewrite RPow_abs; apply Rabs_right; nra).
assert (B : s z <= P * Rabs z) by (eapply Rle_trans; [apply Rle_abs | simpl in F; lra]).
assert (PZ : 0 <= P * Rabs z) by (apply Rmult_le_pos; lra).
assert (t * s z <= t * (P * Rabs z)) by (apply Rmult_le_compat_l; lra).
assert (t * (P * Rabs z) <= T * (P * Rabs z)) by (apply Rmult_le_compat_r; lra).
assert (G := pow2_ge_0 (Rabs z - 4 * (T * P))).
replace ((Rabs z - 4 * (T * P)) ^ 2) with (z ^ 2 - 8 * (T * (P * Rabs z)) + 16 * (T * P) ^ 2) in G by (rewrite <- x2; ring).
lra.
Qed.

Lemma quadratic_range (s : R -> R) (T P e q0 q1 q2 N Q : R) (m : nat) : 0 < e -> 0 <= N -> 0 <= Q ->
  q0 <= N -> q2 <= Q -> grows s P m -> (forall z, s z = q2 * z ^ 2 + q1 * z + q0) ->
  forall t z, 0 <= t <= T -> 1 <= Rabs z ->
  Rabs (s z) <= P * Rabs z ^ m /\ t * s z <= (T * Q + e) * z ^ 2 + (T * N + (T * q1) ^ 2 / (4 * e)).
Proof.
intros e0 N0 Q0 below_N below_Q [P0 F] same t z range far. split; [apply F, far |]. rewrite same.
assert (Z := pow2_ge_0 z).
assert (larger : forall x y, x <= y -> 0 <= y -> t * x <= T * y).
{ intros x y xy y0. apply Rle_trans with (t * y); [apply Rmult_le_compat_l | apply Rmult_le_compat_r]; lra. }
assert (square : t * q2 * z ^ 2 <= T * Q * z ^ 2) by (apply Rmult_le_compat_r; [exact Z | apply larger; assumption]).
assert (number : t * q0 <= T * N) by (apply larger; assumption).
assert (G : 0 <= e * (z - t * q1 / (2 * e)) ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]).
replace (e * (z - t * q1 / (2 * e)) ^ 2) with (e * z ^ 2 - t * q1 * z + (t * q1) ^ 2 / (4 * e)) in G by (field; lra).
assert ((t * q1) ^ 2 / (4 * e) <= (T * q1) ^ 2 / (4 * e)).
{ apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat; lra |]. rewrite !Rpow_mult_distr.
  apply Rmult_le_compat_r; [apply pow2_ge_0 | apply pow_incr; lra]. }
lra.
Qed.

(** Of links that are bounded above, whatever their growth: below a number, or a polynomial falling on both sides. *)
Lemma above_range (s : R -> R) (T P hi r : R) (m : nat) : 0 <= hi -> grows s P m -> 1 <= r ->
  (forall z, r <= Rabs z -> s z <= hi) ->
  forall t z, 0 <= t <= T -> r <= Rabs z -> Rabs (s z) <= P * Rabs z ^ m /\ t * s z <= 0 * z ^ 2 + T * hi.
Proof.
intros hi0 [P0 F] r1 above t z range far. split; [apply F; lra |].
apply Rle_trans with (t * hi); [apply Rmult_le_compat_l; [lra | apply above, far] |].
assert (t * hi <= T * hi) by (apply Rmult_le_compat_r; lra). lra.
Qed.

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

(** ** Every temperature at once: s(z) z has one sign, so alpha_1 has it at all beta > 0 *)

Lemma above_on_line (f : R -> R) (l a b m : R) : on_line f l -> (forall x y, ex_RInt f x y) -> (forall z, 0 <= f z) ->
  a < b -> (forall z, a < z < b -> m <= f z) -> m * (b - a) <= l.
Proof.
intros L integrable nonnegative ab low. apply le_epsilon. intros eps positive.
assert (near : locally l (fun x => Rabs (x - l) < eps)) by (exists (mkposreal eps positive); intros y Hy; exact Hy).
specialize (L _ near). unfold filtermapi in L.
assert (far : filter_prod (Rbar_locally m_infty) (Rbar_locally p_infty) (fun ends => fst ends < a /\ b < snd ends)).
{ apply (Filter_prod _ _ _ (fun x => x < a) (fun x => b < x)); [exists a; auto | exists b; auto | auto]. }
destruct (filter_ex _ (filter_and _ _ L far)) as [[x y] [[v [V close]] [xa yb]]]. simpl in V, xa, yb.
assert (whole : RInt f x y = v) by apply (is_RInt_unique (V := R_CompleteNormedModule) f x y v V).
assert (parts : RInt f x y = RInt f x a + (RInt f a b + RInt f b y)).
{ rewrite <- (RInt_Chasles f x a y), <- (RInt_Chasles f a b y) by apply integrable. reflexivity. }
assert (X : 0 <= RInt f x a) by (apply RInt_ge_0; [lra | apply integrable | auto]).
assert (Y : 0 <= RInt f b y) by (apply RInt_ge_0; [lra | apply integrable | auto]).
assert (M : m * (b - a) <= RInt f a b).
{ replace (m * (b - a)) with (RInt (fun _ => m) a b) by (rewrite RInt_const; apply Rmult_comm).
  apply RInt_le; [lra | apply ex_RInt_const | apply integrable | exact low]. }
revert close. unfold Rabs; destruct Rcase_abs; lra.
Qed.

(** What [Range] asks, at all T: links between two numbers, and of linear growth. *)
Definition at_all_T (s : R -> R) (P : R) (m : nat) : Prop := 0 <= P /\ forall T, 0 <= T -> exists a b, a < 1 / 2 /\
  forall t z, 0 <= t <= T -> 1 <= Rabs z -> Rabs (s z) <= P * Rabs z ^ m /\ t * s z <= a * z ^ 2 + b.

Lemma bounded_at_all_T (s : R -> R) (lo hi P : R) :
  (forall z, lo <= s z <= hi) -> - P <= lo -> hi <= P -> at_all_T s P 0.
Proof.
intros bounds below above. split; [specialize (bounds 0); lra |]. intros T T0. exists 0, (T * P).
split; [lra | apply (bounded_range s T lo hi P); assumption].
Qed.

Lemma linear_at_all_T (s : R -> R) (P : R) (m : nat) : grows s P m -> (m <= 1)%nat -> at_all_T s P 1.
Proof.
intros own less. split; [apply own |]. intros T T0. exists (1 / 8), (2 * (T * P) ^ 2).
split; [lra | apply (linear_range s T P m); assumption].
Qed.

(** Links of which s(z) z >= 0 is seen part by part. *)
Definition along (f : R -> R) : Prop := f 0 = 0 /\ forall z, 0 <= f z * z.

Theorem one_sign (s : R -> R) (P c : R) (m : nat) : tame s -> at_all_T s P m -> along s ->
  0 < c -> (forall z, 1 <= z <= 2 -> c <= s z * z) ->
  forall beta, 0 < beta -> converges s 1 beta /\ 0 < alpha s 1 beta.
Proof.
intros tame_s [P0 growth] [_ along_s] c0 large beta positive. set (t := / beta).
assert (t0 : 0 < t) by apply Rinv_0_lt_compat, positive.
destruct (growth t ltac:(lra)) as [a [b [rate here]]].
destruct (signal_alpha s 1 m t P a b 1 tame_s ltac:(lra) P0 rate here beta positive ltac:(unfold t; lra)) as [C ->].
split; [exact C |]. fold t.
assert (L := signal_line s 1 m t P a b 1 tame_s ltac:(lra) P0 rate here t ltac:(lra)).
assert (shape : forall z, tilted s 1 1 t z = s z * z * (exp (t * s z) * phi z)) by (intros z; unfold tilted; simpl; ring).
set (low := c * (exp (- (t * (P * 2 ^ m))) * (exp (- 2) / sqrt (2 * PI)))).
assert (Q : 0 < sqrt (2 * PI)) by interval.
assert (low0 : 0 < low).
{ unfold low. repeat apply Rmult_lt_0_compat; try apply exp_pos; try exact c0. apply Rinv_0_lt_compat, Q. }
apply Rlt_le_trans with (low * (2 - 1)); [lra |].
apply (above_on_line (tilted s 1 1 t)).
- exact L.
- intros x y. apply tilted_integrable, tame_s.
- intros z. rewrite shape. apply Rmult_le_pos; [apply along_s |].
  apply Rmult_le_pos; [apply Rlt_le, exp_pos | apply Rlt_le, phi_bounds].
- lra.
- intros z range. rewrite shape. unfold low. assert (W := Rlt_le _ _ (exp_pos (- (t * (P * 2 ^ m))))).
  apply Rmult_le_compat; [lra | | apply large; lra |].
  + apply Rmult_le_pos; [exact W |]. apply Rlt_le, Rdiv_lt_0_compat; [apply exp_pos | exact Q].
  + apply Rmult_le_compat; [exact W | apply Rlt_le, Rdiv_lt_0_compat; [apply exp_pos | exact Q] | |].
    * apply exp_le. destruct (here t z ltac:(lra)) as [bound _]; [rewrite Rabs_right; lra |].
      rewrite (Rabs_right z) in bound by lra. apply Rabs_def2' in bound.
      assert (power : z ^ m <= 2 ^ m) by (apply pow_incr; lra).
      assert (P * z ^ m <= P * 2 ^ m) by (apply Rmult_le_compat_l; assumption). nra.
    * unfold phi, Rdiv. apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat, Q |]. apply exp_le. nra.
Qed.

Lemma along_z : along (fun z => z).
Proof. split; [reflexivity |]. intros z. nra. Qed.

Lemma along_plus (f g : R -> R) : along f -> along g -> along (fun z => f z + g z).
Proof. intros [f0 F] [g0 G]. split; [lra |]. intros z. specialize (F z). specialize (G z). lra. Qed.

Lemma along_times (f g : R -> R) : along f -> (forall z, 0 <= g z) -> along (fun z => f z * g z).
Proof. intros [f0 F] G. split; [rewrite f0; ring |]. intros z. specialize (F z). specialize (G z). nra. Qed.

Lemma along_times' (g f : R -> R) : (forall z, 0 <= g z) -> along f -> along (fun z => g z * f z).
Proof. intros G [f0 F]. split; [rewrite f0; ring |]. intros z. specialize (F z). specialize (G z). nra. Qed.

Lemma along_through (h f : R -> R) : along h -> along f -> along (fun z => h (f z)).
Proof.
intros [h0 H] [f0 F]. split; [rewrite f0; exact h0 |]. intros z. specialize (F z). specialize (H (f z)).
destruct (Rtotal_order (f z) 0) as [less | [same | more]]; [| rewrite same, h0; lra |].
- replace (h (f z) * z) with (- h (f z) * - z) by ring. apply Rmult_le_pos; nra.
- apply Rmult_le_pos; nra.
Qed.

Lemma along_increasing (h : R -> R) : h 0 = 0 -> (forall x y, x <= y -> h x <= h y) -> along h.
Proof.
intros h0 up. split; [exact h0 |]. intros z. destruct (Rle_dec 0 z) as [right | left].
- assert (H := up 0 z right). rewrite h0 in H. apply Rmult_le_pos; assumption.
- assert (H := up z 0 ltac:(lra)). rewrite h0 in H. nra.
Qed.

Lemma along_tanh : along tanh.
Proof.
apply along_increasing.
{ rewrite tanh_by_exp. replace (- (2 * 0)) with 0 by ring. rewrite exp_0. field. }
intros x y xy. rewrite !tanh_by_exp.
assert (E := exp_le (- (2 * y)) (- (2 * x)) ltac:(lra)). assert (Y := exp_pos (- (2 * y))).
assert (/ (1 + exp (- (2 * x))) <= / (1 + exp (- (2 * y)))) by (apply Rinv_le_contravar; lra). lra.
Qed.

Lemma along_atan : along atan.
Proof.
apply along_increasing; [apply atan_0 |]. intros x y [less | ->]; [apply Rlt_le, atan_increasing, less | lra].
Qed.

Lemma along_sign : along sign.
Proof.
split; [apply sign_0 |]. intros z. destruct (Rtotal_order z 0) as [less | [-> | more]].
- rewrite sign_eq_m1 by exact less. lra.
- lra.
- rewrite sign_eq_1 by exact more. lra.
Qed.

Ltac along_by_parts := repeat match goal with
  | |- along (fun z => z) => apply along_z
  | |- along tanh => apply along_tanh
  | |- along atan => apply along_atan
  | |- along sign => apply along_sign
  | |- along (fun z => @?f z + @?g z) => apply (along_plus f g)
  | |- along (fun z => @?f z / @?g z) => apply (along_times f (fun z => / g z));
      [| intros; apply Rlt_le, Rinv_0_lt_compat; interval]
  | |- along (fun z => @?f z * @?g z) => first
      [apply (along_times f g); [| intros; interval] |
      apply (along_times' f g); [intros; interval |]]
  | |- along (fun z => tanh (@?f z)) => apply (along_through tanh f along_tanh)
  | |- along (fun z => atan (@?f z)) => apply (along_through atan f along_atan)
  | |- along (fun z => sign (@?f z)) => apply (along_through sign f along_sign)
  | |- along (fun z => Rmax ?a (Rmin ?b (@?f z))) => apply (along_through (fun x => Rmax a (Rmin b x)) f);
      [apply along_increasing; [| intros x y]; unfold Rmax, Rmin; repeat destruct Rle_dec; lra |]
  | |- along (fun z => Rmax 0 (@?f z)) => apply (along_through (fun x => Rmax 0 x) f);
      [apply along_increasing; [| intros x y]; unfold Rmax; repeat destruct Rle_dec; lra |]
  end.
