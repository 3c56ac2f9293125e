"""Where exact algebra and the numeric oracle meet: claims, the legs that decide them, and verdicts.

Nothing else imports both rooms; what a user types or sees is the interface's.
"""
