// The edge's further programs (dataplane/programs.h), for whoever says what WM_PROGRAM makes of one.
WM_PROGRAM(edge, rarely)
WM_PROGRAM(edge, rarely4)
