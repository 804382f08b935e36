// The edge's further program (dataplane/programs.h), for whoever says what WM_PROGRAM makes of one.
WM_PROGRAM(edge, rarely)
