// The edge's steps of their own (core/step.h), for whoever says what WM_STEP makes of one.
WM_STEP(edge, admit, tables)
WM_STEP(edge, answer, tables)
WM_STEP(edge, out, reads)
WM_STEP(edge, back, reads)
WM_STEP(edge, write_inner, writes)
