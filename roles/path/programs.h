// The POP's further programs (dataplane/programs.h), for whoever says what WM_PROGRAM makes of one.
WM_PROGRAM(path, leg)
WM_PROGRAM(path, on)
WM_PROGRAM(path, check)
WM_PROGRAM(path, told)
WM_PROGRAM(path, ask)
