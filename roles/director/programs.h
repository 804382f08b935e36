// The director's further programs (dataplane/programs.h), for whoever says what WM_PROGRAM makes of one.
WM_PROGRAM(director, fragment)
