// The gateway's further programs (dataplane/programs.h), for whoever says what WM_PROGRAM makes of one.
WM_PROGRAM(gateway, pass)
WM_PROGRAM(gateway, admit)
WM_PROGRAM(gateway, send)
WM_PROGRAM(gateway, sites)
WM_PROGRAM(gateway, refused)
WM_PROGRAM(gateway, overlay)
WM_PROGRAM(gateway, link)
WM_PROGRAM(gateway, told)
