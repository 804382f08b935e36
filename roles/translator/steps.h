// The translator's steps of their own (core/step.h), for whoever says what WM_STEP makes of one.
TRANSLATION_STEPS(WM_STEP, translator)
WM_STEP(translator, hairpin, writes)
