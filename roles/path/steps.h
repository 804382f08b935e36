// The POP's steps of their own (core/step.h), for whoever says what WM_STEP makes of one.
WM_STEP(path, next_live, tables)
WM_STEP(path, predecessor, tables)
WM_STEP(path, judge, reads)
WM_STEP(path, tags, reads)
WM_STEP(path, watch, writes)
WM_STEP(path, revoked, tables)
