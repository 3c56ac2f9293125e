"""LaTeX commands and the Unicode characters that MathML shows for them."""

from __future__ import annotations

LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
    "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "ϕ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω", "infty": "∞", "ell": "ℓ", "top": "⊤", "emptyset": "∅",
}  # fmt: skip
OPERATORS = {
    "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "equiv": "≡", "approx": "≈",
    "sim": "∼", "propto": "∝", "ll": "≪", "gg": "≫", "to": "→", "mapsto": "↦", "Rightarrow": "⇒",
    "Longrightarrow": "⟹", "Leftrightarrow": "⇔", "iff": "⟺", "subseteq": "⊆", "subset": "⊂", "in": "∈",
    "notin": "∉", "cup": "∪", "cap": "∩", "setminus": "∖", "forall": "∀", "exists": "∃", "wedge": "∧",
    "vee": "∨", "neg": "¬", "cdot": "⋅", "times": "×", "pm": "±", "circ": "∘", "odot": "⊙", "nabla": "∇",
    "partial": "∂", "int": "∫", "dots": "…", "ldots": "…", "cdots": "⋯", "mid": "∣", "perp": "⊥",
    "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "prime": "′",
    "{": "{", "}": "}", "|": "‖", "#": "#", "%": "%", "&": "&", "_": "_", "lvert": "|", "rvert": "|",
    "Vert": "‖", "vert": "|",
}  # fmt: skip
NEGATED = {"equiv": "≢", "subseteq": "⊈", "in": "∉", "=": "≠"}
SPACES = {
    ",": "0.17em", ":": "0.22em", ";": "0.28em", " ": "0.3em", "!": "0em", "quad": "1em", "qquad": "2em",
}  # fmt: skip
NAMED = frozenset({
    "exp", "log", "ln", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arctan", "atan", "erf", "erfc", "erfi",
    "min", "max", "inf", "sup", "lim", "det", "dim", "arg",
})  # fmt: skip
LIMITS = {"sum": "∑", "prod": "∏", "bigcup": "⋃", "bigcap": "⋂"}
ACCENTS = {"hat": "^", "widehat": "^", "tilde": "~", "bar": "¯", "overline": "¯", "dot": "˙"}
SIZES = ("bigl", "bigr", "big", "Bigl", "Bigr", "Big", "biggl", "biggr", "Biggl", "Biggr", "bigm")
DOUBLE_STRUCK = {"C": "ℂ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"}
