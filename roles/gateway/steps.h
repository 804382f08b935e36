// The gateway's steps of their own (core/step.h), for whoever says what WM_STEP makes of one.
TRANSLATION_STEPS(WM_STEP, gateway)
WM_STEP(gateway, onward, writes)
WM_STEP(gateway, bare, writes)
WM_STEP(gateway, answer, writes)
WM_STEP(gateway, find_site, tables)
WM_STEP(gateway, into_tunnel, writes)
WM_STEP(gateway, across, writes)
