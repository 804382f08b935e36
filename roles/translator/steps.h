// The translator's steps of their own (core/step.h), for whoever says what WM_STEP makes of one.
WM_STEP(translator, look_at_error, writes)
WM_STEP(translator, prepare_error6, writes)
WM_STEP(translator, write_error6, writes)
WM_STEP(translator, error_to_ip4, writes)
WM_STEP(translator, hairpin, writes)
