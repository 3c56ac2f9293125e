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
Definition size (s : R -> R) (k i : nat) (z : R) : R := Rabs (s z) ^ i * Rabs (He k z) * phi z.

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

Lemma continuous_tame (s : R -> R) : (forall z, continuous s z) -> tame s.
Proof.
intros cont F joint a b. apply (ex_RInt_continuous (V := R_CompleteNormedModule)). intros z _.
apply (continuous_comp_2 s (fun z => z) F); [apply cont | apply continuous_id | apply joint].
Qed.

Lemma pasted_tame (s left right : R -> R) (kink : R) : tame left -> tame right ->
  (forall z, z < kink -> s z = left z) -> (forall z, kink < z -> s z = right z) -> tame s.
Proof.
intros tame_left tame_right on_left on_right F joint.
assert (before : forall a, a <= kink -> ex_RInt (fun z => F (s z) z) a kink).
{ intros a below. apply ex_RInt_ext with (fun z => F (left z) z); [| apply tame_left, joint].
  intros z. rewrite Rmax_right by lra. intros [_ H]. rewrite on_left; auto. }
assert (after : forall b, kink <= b -> ex_RInt (fun z => F (s z) z) kink b).
{ intros b above. apply ex_RInt_ext with (fun z => F (right z) z); [| apply tame_right, joint].
  intros z. rewrite Rmin_left by lra. intros [H _]. rewrite on_right; auto. }
assert (from : forall a, ex_RInt (fun z => F (s z) z) a kink).
{ intros a. destruct (Rle_dec a kink); [auto | apply ex_RInt_swap, after; lra]. }
intros a b. apply ex_RInt_Chasles with kink; [apply from | apply ex_RInt_swap, from].
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

Lemma size_integrable (s : R -> R) (k i : nat) (a b : R) : tame s -> ex_RInt (size s k i) a b.
Proof.
intros tame_s. apply (tame_s (fun y z => Rabs y ^ i * Rabs (He k z) * phi z)). intros q.
apply continuous_product; [apply continuous_product |].
- apply (continuous_power (fun p => Rabs (fst p))), (continuous_of_y Rabs), continuous_Rabs.
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

End Tails.

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

Lemma without_root (x z : R) : x * phi z * sqrt (2 * PI) = x * exp (- z ^ 2 / 2).
Proof. unfold phi. field. assert (1 <= sqrt (2 * PI)) by interval. lra. Qed.

Theorem tilted_enclosed (s g : R -> R) (k i m n : nat) (t P a b c d r low high lo hi : R) :
  tame s -> 1 <= r -> 0 <= P -> 0 < c -> 0 < d -> a + c + d <= 1 / 2 -> (m * i + k <= 2 * S n + 1)%nat ->
  (forall z, r <= Rabs z -> Rabs (s z) <= P * Rabs z ^ m /\ t * s z <= a * z ^ 2 + b) ->
  (forall z, s z ^ i * exp (t * s z) * He k z * exp (- z ^ 2 / 2) = g z) ->
  low <= RInt g (- r) r <= high ->
  lo <= low / sqrt (2 * PI) - tail_size k i n P b d / c * exp (- (c * r ^ 2)) ->
  high / sqrt (2 * PI) + tail_size k i n P b d / c * exp (- (c * r ^ 2)) <= hi ->
  exists l, on_line (tilted s k i t) l /\ lo <= l <= hi.
Proof.
intros tame_s r1 P0 c0 d0 rates few growth shown inside below above.
apply (from_plain _ g r low high (tail_size k i n P b d / c * exp (- (c * r ^ 2)))); auto.
- intros z. unfold tilted. rewrite without_root. apply shown.
- intros x y. apply tilted_integrable, tame_s.
- apply (tilted_value s k i m n t P a b c d r); auto.
Qed.

Theorem alpha_enclosed (s g : R -> R) (k m n : nat) (beta P a b c d r low high lo hi : R) :
  tame s -> 1 <= r -> 0 <= P -> 0 < c -> 0 < d -> a + c + d <= 1 / 2 -> (m * 1 + k <= 2 * S n + 1)%nat ->
  (forall z, r <= Rabs z -> Rabs (s z) <= P * Rabs z ^ m /\ / beta * s z <= a * z ^ 2 + b) ->
  (forall z, s z * exp (s z / beta) * He k z * exp (- z ^ 2 / 2) = g z) ->
  low <= RInt g (- r) r <= high ->
  lo <= low / sqrt (2 * PI) - tail_size k 1 n P b d / c * exp (- (c * r ^ 2)) ->
  high / sqrt (2 * PI) + tail_size k 1 n P b d / c * exp (- (c * r ^ 2)) <= hi ->
  converges s k beta /\ lo <= alpha s k beta <= hi.
Proof.
intros tame_s r1 P0 c0 d0 rates few growth shown inside below above.
destruct (tilted_enclosed s g k 1 m n (/ beta) P a b c d r low high lo hi) as [l [L bounds]]; auto.
- intros z. rewrite <- shown. unfold Rdiv. rewrite pow_1, (Rmult_comm (/ beta)). reflexivity.
- apply (on_line_ext _ (integrand s k beta)) in L; [| apply integrand_tilted].
  split; [exists l; exact L |]. unfold alpha. rewrite (on_line_unique _ _ L). exact bounds.
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

(** What [alpha_enclosed] asks about the link, for links between two numbers, of linear growth, and quadratic. *)
Lemma bounded_tilt (s : R -> R) (t lo hi P : R) : 0 <= t -> (forall z, lo <= s z <= hi) -> - P <= lo -> hi <= P ->
  forall r z, 1 <= r -> r <= Rabs z -> Rabs (s z) <= P * Rabs z ^ 0 /\ t * s z <= 0 * z ^ 2 + t * hi.
Proof.
intros t0 bounds below above r z _ _. specialize (bounds z). split; [| nra].
simpl. unfold Rabs; destruct Rcase_abs; lra.
Qed.

Lemma linear_tilt (s : R -> R) (t P : R) (m : nat) : 0 <= t -> grows s P m -> (m <= 1)%nat ->
  forall r z, 1 <= r -> r <= Rabs z -> Rabs (s z) <= P * Rabs z ^ 1 /\ t * s z <= 1 / 8 * z ^ 2 + 2 * (t * P) ^ 2.
Proof.
intros t0 own less r z r1 far. assert (P0 := proj1 own).
assert (F := grows_more s P m 1 z own less ltac:(lra)). split; [exact F |].
assert (B : s z <= P * Rabs z) by (eapply Rle_trans; [apply Rle_abs | simpl in F; lra]).
assert (x2 : Rabs z ^ 2 = z ^ 2) by (rewrite RPow_abs; apply Rabs_right; nra).
assert (t * s z <= t * (P * Rabs z)) by (apply Rmult_le_compat_l; assumption).
rewrite <- x2. assert (G : 0 <= (Rabs z - 4 * (t * P)) ^ 2) by apply pow2_ge_0.
replace ((Rabs z - 4 * (t * P)) ^ 2) with (Rabs z ^ 2 - 8 * (t * (P * Rabs z)) + 16 * (t * P) ^ 2) in G by ring.
lra.
Qed.

Lemma quadratic_tilt (s : R -> R) (t P e q0 q1 q2 : R) (m : nat) : 0 < e -> grows s P m ->
  (forall z, s z = q2 * z ^ 2 + q1 * z + q0) ->
  forall r z, 1 <= r -> r <= Rabs z ->
  Rabs (s z) <= P * Rabs z ^ m /\ t * s z <= (t * q2 + e) * z ^ 2 + (t * q0 + (t * q1) ^ 2 / (4 * e)).
Proof.
intros e0 [P0 F] same r z r1 far. split; [apply F; lra |]. rewrite same.
assert (G : 0 <= e * (z - t * q1 / (2 * e)) ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]).
replace (e * (z - t * q1 / (2 * e)) ^ 2) with (e * z ^ 2 - t * q1 * z + (t * q1) ^ 2 / (4 * e)) in G by (field; lra).
lra.
Qed.

(** ** Functions that CoqInterval does not know, by those that it knows *)

Lemma tanh_by_exp (x : R) : tanh x = 1 - 2 / (exp (2 * x) + 1).
Proof.
unfold tanh, sinh, cosh. replace (2 * x) with (x + x) by ring. rewrite exp_plus, exp_Ropp.
assert (H := exp_pos x). field. nra.
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

Ltac known := unfold sinh, cosh;
  repeat (rewrite tanh_by_exp || (rewrite clip_by_abs by lra) || rewrite max_by_abs || rewrite min_by_abs).

(** A clipped term is a number between its ends; interval arithmetic over the whole line does the rest. *)
Ltac between_two := intros ?; cbv beta;
  repeat match goal with |- context [Rmax ?a (Rmin ?b ?x)] =>
    generalize (clip_between a b x ltac:(lra)); generalize (Rmax a (Rmin b x)); intros end;
  repeat match goal with
    | |- context [Rmax ?a ?b] => generalize (Rmax a b); intros
    | |- context [Rmin ?a ?b] => generalize (Rmin a b); intros
    | |- context [He ?k ?x] => generalize (He k x); intros end;
  repeat rewrite tanh_by_exp; unfold sinh, cosh; split; interval with (i_prec 60).

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

Ltac tail_is_small := unfold tail_size; simpl He_size; simpl INR; interval with (i_prec 120).

(** ** Ranges of temperatures, for links between two numbers *)

Lemma Rabs_def2' (x b : R) : Rabs x <= b -> - b <= x <= b.
Proof. unfold Rabs. destruct Rcase_abs; lra. Qed.

Section Range.

Variables (s : R -> R) (k : nat) (least most P : R).
Hypothesis tame_s : tame s.
Hypothesis between : forall z, least <= s z <= most.
Hypothesis P_below : - P <= least.
Hypothesis P_above : most <= P.

(** alpha_k as a function of t = 1/beta, and the bound of its derivatives below T. *)
Definition signal (t : R) : R :=
  RInt_gen (tilted s k 1 t) (Rbar_locally m_infty) (Rbar_locally p_infty).
Definition steep (T M : R) : R := exp (T * Rmax 0 most) * M.

Lemma s_size (z : R) : Rabs (s z) <= P.
Proof. specialize (between z). unfold Rabs; destruct Rcase_abs; lra. Qed.

Lemma P_nonneg : 0 <= P.
Proof. eapply Rle_trans; [apply Rabs_pos | apply (s_size 0)]. Qed.

Lemma tilted_exists (i : nat) (t : R) : 0 <= t -> exists l, on_line (tilted s k i t) l.
Proof.
intros t0. destruct (tilted_value s k i 0 k t P 0 (t * most) (1 / 8) (1 / 8) 1) as [l [L _]]; try lra; try lia;
  [exact tame_s | exact P_nonneg | | exists l; exact L].
intros z _. split; [simpl; rewrite Rmult_1_r; apply s_size |]. specialize (between z). nra.
Qed.

Lemma size_value (i n : nat) (c d r : R) : 1 <= r -> 0 < c -> 0 < d -> c + d <= 1 / 2 -> (k <= 2 * S n + 1)%nat ->
  exists l, on_line (size s k i) l /\
  Rabs (l - RInt (size s k i) (- r) r) <= tail_size k i n P 0 d / c * exp (- (c * r ^ 2)).
Proof.
intros r1 c0 d0 rates few. apply whole_line; try lra.
- intros a b. apply size_integrable, tame_s.
- intros z far. unfold size.
  assert (S0 : 0 <= Rabs (s z) ^ i * Rabs (He k z) * phi z).
  { assert (H := phi_bounds z). apply Rmult_le_pos; [apply Rmult_le_pos; [apply pow_le |]; apply Rabs_pos | lra]. }
  rewrite (Rabs_right (_ * phi z)) by lra.
  replace (Rabs (s z) ^ i * Rabs (He k z) * phi z) with (Rabs (s z) ^ i * exp (0 * s z) * Rabs (He k z) * phi z)
    by (rewrite Rmult_0_l, exp_0; ring).
  apply (tail_term s k i 0 n 0 P 0 0 c d r); auto; try lra; [exact P_nonneg |].
  intros x _. split; [simpl; rewrite Rmult_1_r; apply s_size | lra].
Qed.

Theorem size_enclosed (g : R -> R) (i n : nat) (c d r low high hi : R) :
  1 <= r -> 0 < c -> 0 < d -> c + d <= 1 / 2 -> (k <= 2 * S n + 1)%nat ->
  (forall z, Rabs (s z) ^ i * Rabs (He k z) * exp (- z ^ 2 / 2) = g z) ->
  low <= RInt g (- r) r <= high ->
  high / sqrt (2 * PI) + tail_size k i n P 0 d / c * exp (- (c * r ^ 2)) <= hi ->
  exists l, on_line (size s k i) l /\ l <= hi.
Proof.
intros r1 c0 d0 rates few shown inside above.
destruct (from_plain (size s k i) g r low high (tail_size k i n P 0 d / c * exp (- (c * r ^ 2)))
  (low / sqrt (2 * PI) - tail_size k i n P 0 d / c * exp (- (c * r ^ 2))) hi) as [l [L bounds]]; auto; try lra.
- intros z. unfold size. rewrite without_root. apply shown.
- intros x y. apply size_integrable, tame_s.
- apply size_value; auto.
- exists l. split; [exact L | lra].
Qed.

Lemma signal_line (t : R) : 0 <= t -> on_line (tilted s k 1 t) (signal t).
Proof.
intros t0. destruct (tilted_exists 1 t t0) as [l L]. unfold signal. rewrite (on_line_unique _ _ L). exact L.
Qed.

Lemma exp_chord (x y : R) : (y - x) * exp x <= exp y - exp x <= (y - x) * exp y.
Proof.
assert (A := exp_ineq1_le (y - x)). assert (B := exp_ineq1_le (x - y)).
assert (X := exp_pos x). assert (Y := exp_pos y).
assert (Sy : exp y = exp x * exp (y - x)) by (rewrite <- exp_plus; f_equal; ring).
assert (Sx : exp x = exp y * exp (x - y)) by (rewrite <- exp_plus; f_equal; ring).
split; [rewrite Sy | rewrite Sx at 1]; nra.
Qed.

Lemma exp_gap (x y top : R) : x <= top -> y <= top -> Rabs (exp x - exp y) <= Rabs (x - y) * exp top.
Proof.
intros xt yt. assert (C := exp_chord y x). assert (X := exp_le x top xt). assert (Y := exp_le y top yt).
assert (X0 := exp_pos x). assert (Y0 := exp_pos y).
destruct (Rle_dec y x) as [yx | xy].
- rewrite !Rabs_right; [| lra | nra]. apply Rle_trans with ((x - y) * exp x); [lra |].
  apply Rmult_le_compat_l; lra.
- rewrite !Rabs_left1; [| lra | nra]. replace (- (x - y)) with (y - x) by ring. apply Rle_trans with ((y - x) * exp y); [nra |].
  apply Rmult_le_compat_l; lra.
Qed.

Lemma exponent_below (t T z : R) : 0 <= t <= T -> t * s z <= T * Rmax 0 most.
Proof.
intros [t0 tT]. assert (M := Rmax_l 0 most). assert (N := Rmax_r 0 most). specialize (between z).
apply Rle_trans with (t * Rmax 0 most); [apply Rmult_le_compat_l; lra | apply Rmult_le_compat_r; lra].
Qed.

Lemma order_on_line : filter_prod (Rbar_locally m_infty) (Rbar_locally p_infty) (fun ab => fst ab <= snd ab).
Proof.
apply (Filter_prod _ _ _ (fun x => x < 0) (fun x => 0 < x)); [exists 0; auto | exists 0; auto |].
intros x y X Y; simpl; lra.
Qed.

(** A term bounded by a multiple of [size] has an integral bounded by that multiple of its integral. *)
Lemma bounded_on_line (f : R -> R) (i : nat) (l M bound K : R) : 0 <= K -> on_line f l -> on_line (size s k i) M ->
  M <= bound -> (forall z, Rabs (f z) <= K * size s k i z) -> Rabs l <= K * bound.
Proof.
intros K0 L S less pointwise.
apply Rle_trans with (K * M); [| apply Rmult_le_compat_l; assumption].
apply (RInt_gen_norm (V := R_CompleteNormedModule) f (fun z => scal K (size s k i z)) l (scal K M)).
- apply order_on_line.
- apply filter_forall. intros ab z _. apply pointwise.
- exact L.
- apply (is_RInt_gen_scal (V := R_NormedModule)), S.
Qed.

Lemma lipschitz (t u T bound : R) : 0 <= t <= T -> 0 <= u <= T ->
  (exists M, on_line (size s k 2) M /\ M <= bound) -> Rabs (signal t - signal u) <= Rabs (t - u) * steep T bound.
Proof.
intros tT uT [M [S less]]. unfold steep. rewrite <- Rmult_assoc.
apply (bounded_on_line (fun z => minus (tilted s k 1 t z) (tilted s k 1 u z)) 2 _ M); auto.
- apply Rmult_le_pos; [apply Rabs_pos | apply Rlt_le, exp_pos].
- apply (is_RInt_gen_minus (V := R_NormedModule)); apply signal_line; lra.
- intros z. unfold minus, plus, opp, tilted, size; simpl. rewrite !Rmult_1_r.
  replace (s z * exp (t * s z) * He k z * phi z + - (s z * exp (u * s z) * He k z * phi z))
    with (s z * (exp (t * s z) - exp (u * s z)) * He k z * phi z) by ring.
  rewrite !Rabs_mult, phi_abs.
  assert (G := exp_gap _ _ _ (exponent_below t T z tT) (exponent_below u T z uT)).
  replace (t * s z - u * s z) with ((t - u) * s z) in G by ring. rewrite Rabs_mult in G.
  assert (W : 0 <= Rabs (He k z) * phi z) by (apply Rmult_le_pos; [apply Rabs_pos | assert (H := phi_bounds z); lra]).
  replace (Rabs (t - u) * exp (T * Rmax 0 most) * (Rabs (s z) * Rabs (s z) * Rabs (He k z) * phi z))
    with (Rabs (s z) * (Rabs (t - u) * Rabs (s z) * exp (T * Rmax 0 most)) * (Rabs (He k z) * phi z)) by ring.
  rewrite Rmult_assoc. apply Rmult_le_compat_r; [exact W |].
  apply Rmult_le_compat_l; [apply Rabs_pos | exact G].
Qed.

(** One cell of a range: the sign at a point carries as far as the bound of the slope lets it. *)
Lemma sign_cell (e c T bound value rho : R) : e = 1 \/ e = -1 -> 0 <= c -> c + rho <= T -> 0 <= bound ->
  (exists M, on_line (size s k 2) M /\ M <= bound) ->
  value <= e * signal c -> rho * steep T bound < value ->
  forall t, 0 <= t -> c - rho <= t <= c + rho -> 0 < e * signal t.
Proof.
intros sign c0 cT b0 S at_c small t t0 near.
assert (L := lipschitz t c T bound ltac:(lra) ltac:(lra) S).
assert (K : 0 <= steep T bound) by (apply Rmult_le_pos; [apply Rlt_le, exp_pos | exact b0]).
assert (Rabs (t - c) <= rho) by (apply Rabs_le; lra).
assert (Rabs (t - c) * steep T bound <= rho * steep T bound) by (apply Rmult_le_compat_r; assumption).
revert L. destruct sign as [-> | ->]; unfold Rabs at 1; destruct Rcase_abs; lra.
Qed.

(** On a cell around c the signal changes like its derivative at c. *)
Lemma curvature (t u c T rho slope bound : R) : 0 <= t <= T -> 0 <= u <= T -> 0 <= c <= T ->
  Rabs (t - c) <= rho -> Rabs (u - c) <= rho -> on_line (tilted s k 2 c) slope ->
  (exists M, on_line (size s k 3) M /\ M <= bound) ->
  Rabs (signal u - signal t - (u - t) * slope) <= Rabs (u - t) * (rho * steep T bound).
Proof.
intros tT uT cT tc uc D [M [S less]]. unfold steep.
replace (Rabs (u - t) * (rho * (exp (T * Rmax 0 most) * bound)))
  with (Rabs (u - t) * rho * exp (T * Rmax 0 most) * bound) by ring.
assert (rho0 : 0 <= rho) by (eapply Rle_trans; [apply Rabs_pos | exact tc]).
apply (bounded_on_line (fun z => minus (minus (tilted s k 1 u z) (tilted s k 1 t z)) (scal (u - t) (tilted s k 2 c z)))
  3 _ M); auto.
- repeat apply Rmult_le_pos; try apply Rabs_pos; try exact rho0. apply Rlt_le, exp_pos.
- apply (is_RInt_gen_minus (V := R_NormedModule)); [| apply (is_RInt_gen_scal (V := R_NormedModule)), D].
  apply (is_RInt_gen_minus (V := R_NormedModule)); apply signal_line; lra.
- intros z. unfold minus, plus, opp, scal, tilted, size; simpl. unfold mult; simpl. rewrite !Rmult_1_r.
  replace (s z * exp (u * s z) * He k z * phi z + - (s z * exp (t * s z) * He k z * phi z)
      + - ((u - t) * (s z * s z * exp (c * s z) * He k z * phi z)))
    with (s z * (exp (u * s z) - exp (t * s z) - (u - t) * s z * exp (c * s z)) * He k z * phi z) by ring.
  rewrite !Rabs_mult, phi_abs.
  assert (W : 0 <= Rabs (He k z) * phi z) by (apply Rmult_le_pos; [apply Rabs_pos | assert (H := phi_bounds z); lra]).
  set (E := exp (T * Rmax 0 most)). assert (E0 : 0 <= E) by (apply Rlt_le, exp_pos).
  assert (Gt := exp_gap _ _ _ (exponent_below t T z tT) (exponent_below c T z cT)).
  assert (Gu := exp_gap _ _ _ (exponent_below u T z uT) (exponent_below c T z cT)).
  fold E in Gt, Gu.
  replace (t * s z - c * s z) with ((t - c) * s z) in Gt by ring. rewrite Rabs_mult in Gt.
  replace (u * s z - c * s z) with ((u - c) * s z) in Gu by ring. rewrite Rabs_mult in Gu.
  assert (S0 := Rabs_pos (s z)).
  assert (far : forall x, Rabs x <= rho -> Rabs x * Rabs (s z) * E <= rho * Rabs (s z) * E).
  { intros x small. apply Rmult_le_compat_r; [exact E0 |]. apply Rmult_le_compat_r; assumption. }
  assert (Ft := far _ tc). assert (Fu := far _ uc).
  assert (chord := exp_chord (t * s z) (u * s z)).
  replace (u * s z - t * s z) with ((u - t) * s z) in chord by ring.
  assert (core : Rabs (exp (u * s z) - exp (t * s z) - (u - t) * s z * exp (c * s z))
    <= Rabs ((u - t) * s z) * (rho * Rabs (s z) * E)).
  { set (q := (u - t) * s z) in *. set (h := rho * Rabs (s z) * E) in *.
    assert (bound_t : Rabs (q * (exp (t * s z) - exp (c * s z))) <= Rabs q * h).
    { rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos | lra]. }
    assert (bound_u : Rabs (q * (exp (u * s z) - exp (c * s z))) <= Rabs q * h).
    { rewrite Rabs_mult. apply Rmult_le_compat_l; [apply Rabs_pos | lra]. }
    apply Rabs_le. apply Rabs_def2' in bound_t. apply Rabs_def2' in bound_u. lra. }
  rewrite Rabs_mult in core.
  replace (Rabs (u - t) * rho * E * (Rabs (s z) * (Rabs (s z) * Rabs (s z)) * Rabs (He k z) * phi z))
    with (Rabs (s z) * (Rabs (u - t) * Rabs (s z) * (rho * Rabs (s z) * E)) * (Rabs (He k z) * phi z)) by ring.
  rewrite Rmult_assoc. apply Rmult_le_compat_r; [exact W |].
  apply Rmult_le_compat_l; [exact S0 | exact core].
Qed.

Lemma signal_alpha (beta : R) : 0 < beta -> converges s k beta /\ alpha s k beta = signal (/ beta).
Proof.
intros positive. assert (t0 : 0 <= / beta) by (apply Rlt_le, Rinv_0_lt_compat, positive).
assert (L := on_line_ext _ (integrand s k beta) _ (integrand_tilted s k beta) (signal_line _ t0)).
split; [exists (signal (/ beta)); exact L | apply on_line_unique, L].
Qed.

Lemma value_at (c low high : R) :
  (exists l, on_line (tilted s k 1 c) l /\ low <= l <= high) -> low <= signal c <= high.
Proof. intros [l [L bounds]]. unfold signal. rewrite (on_line_unique _ _ L). exact bounds. Qed.

(** Every temperature above a zero, up to infinity: cells of one sign from t = 0 on, then one where the signal falls. *)
Theorem isolated (e c T rho slope b2 b3 near first last : R) : e = 1 \/ e = -1 ->
  0 <= near <= first -> 0 < first < last -> last <= T -> 0 <= c <= T -> c - rho <= near -> last <= c + rho ->
  (exists M, on_line (size s k 2) M /\ M <= b2) -> (exists M, on_line (size s k 3) M /\ M <= b3) ->
  (exists D, on_line (tilted s k 2 c) D /\ e * D <= slope) -> slope + rho * steep T b3 < 0 ->
  0 < e * signal first -> e * signal last < 0 ->
  (forall t, 0 <= t <= near -> 0 < e * signal t) ->
  exists beta1, / last <= beta1 <= / first /\ alpha s k beta1 = 0 /\
    forall beta, beta1 < beta -> converges s k beta /\ 0 < e * alpha s k beta.
Proof.
intros sign near_first first_last lastT cT left right S2 S3 [D [DL DS]] falls at_first at_last before.
assert (monotone : forall t u, near <= t -> t < u -> u <= last -> e * signal u < e * signal t).
{ intros t u nt tu ul.
  assert (C := curvature t u c T rho D b3 ltac:(lra) ltac:(lra) cT ltac:(apply Rabs_le; lra) ltac:(apply Rabs_le; lra) DL S3).
  rewrite (Rabs_right (u - t)) in C by lra. apply Rabs_def2' in C.
  assert (X : (u - t) * (slope + rho * steep T b3) < 0) by nra.
  assert (Y : (u - t) * (e * D) <= (u - t) * slope) by (apply Rmult_le_compat_l; lra).
  destruct sign as [-> | ->]; lra. }
pose (clamp := fun t => Rmax first (Rmin last t)).
assert (inside : forall t, first <= clamp t <= last) by (intros t; apply clip_between; lra).
assert (contracts : forall t u, Rabs (clamp t - clamp u) <= Rabs (t - u)).
{ intros t u. unfold clamp, Rmax, Rmin, Rabs. repeat destruct Rle_dec; repeat destruct Rcase_abs; lra. }
assert (fixed : forall t, first <= t <= last -> clamp t = t).
{ intros t H. unfold clamp, Rmax, Rmin. repeat destruct Rle_dec; lra. }
destruct S2 as [M2 S2].
assert (K0 : 0 <= steep T b2).
{ assert (L := lipschitz first last T b2 ltac:(lra) ltac:(lra) (ex_intro _ M2 S2)).
  assert (0 <= Rabs (signal first - signal last)) by apply Rabs_pos.
  assert (0 < Rabs (first - last)) by (apply Rabs_pos_lt; lra). nra. }
assert (continues : continuity (fun t => - (e * signal (clamp t)))).
{ intros t eps positive. exists (eps / (steep T b2 + 1)).
  split; [apply Rlt_gt, Rdiv_lt_0_compat; lra |].
  intros u [_ close]. unfold dist, R_met, R_dist in *. simpl in *.
  assert (L := lipschitz (clamp u) (clamp t) T b2
    ltac:(destruct (inside u); lra) ltac:(destruct (inside t); lra) (ex_intro _ M2 S2)).
  assert (N := contracts u t).
  replace (- (e * signal (clamp u)) - - (e * signal (clamp t))) with (- e * (signal (clamp u) - signal (clamp t))) by ring.
  rewrite Rabs_mult. replace (Rabs (- e)) with 1 by (destruct sign as [-> | ->]; unfold Rabs; destruct Rcase_abs; lra).
  assert (B : Rabs (u - t) * (steep T b2 + 1) < eps).
  { apply Rmult_lt_reg_r with (/ (steep T b2 + 1)); [apply Rinv_0_lt_compat; lra |].
    rewrite Rmult_assoc, Rinv_r by lra. rewrite Rmult_1_r. exact close. }
  assert (Rabs (clamp u - clamp t) * steep T b2 <= Rabs (u - t) * steep T b2) by (apply Rmult_le_compat_r; assumption).
  assert (0 <= Rabs (u - t)) by apply Rabs_pos. lra. }
destruct (IVT (fun t => - (e * signal (clamp t))) first last continues) as [t1 [in_range zero]]; try lra.
{ rewrite fixed by lra. lra. }
{ rewrite fixed by lra. lra. }
rewrite fixed in zero by lra.
assert (zero1 : signal t1 = 0) by (destruct sign as [-> | ->]; lra).
assert (t1_positive : 0 < t1) by lra.
assert (inv : forall x, 0 < x -> / / x = x) by (intros; apply Rinv_inv).
exists (/ t1). split; [split; apply Rinv_le_contravar; lra |].
split.
- destruct (signal_alpha (/ t1) (Rinv_0_lt_compat _ t1_positive)) as [_ ->]. rewrite inv; assumption.
- intros beta above. assert (beta0 : 0 < beta) by (assert (H := Rinv_0_lt_compat _ t1_positive); lra).
  destruct (signal_alpha beta beta0) as [C ->]. split; [exact C |].
  assert (small : / beta < t1).
  { rewrite <- (inv t1) by assumption. apply Rinv_lt_contravar; [| exact above].
    apply Rmult_lt_0_compat; [apply Rinv_0_lt_compat |]; assumption. }
  assert (t0 : 0 < / beta) by (apply Rinv_0_lt_compat; assumption).
  destruct (Rle_dec (/ beta) near) as [low | high]; [apply before; lra |].
  assert (H := monotone (/ beta) t1 ltac:(lra) small ltac:(lra)). rewrite zero1 in H. lra.
Qed.

End Range.

Ltac steep_is_small := unfold steep; first [rewrite Rmax_right by lra | rewrite Rmax_left by lra]; interval with (i_prec 60).
