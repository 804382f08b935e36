// The director's steps of their own (core/step.h), for whoever says what WM_STEP makes of one.
WM_STEP(director, place, tables)
WM_STEP(director, prove, tables)
