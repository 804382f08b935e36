// Includes roles/NAME/WM_ROLE_FILE of each role in WM_ROLES that has such a file, in their order: for lists that take a
// header of every role. The preprocessor has no loop, so each number stands here.
#include "dataplane/roles.h"

#define WM_ROLE_ONE(NAME) +1
#define WM_ROLE_COUNT (0 WM_ROLES(WM_ROLE_ONE))
#define WM_ROLE_COMMA(NAME) NAME,
#define WM_ROLE_0(NAME, ...) NAME
#define WM_ROLE_1(NAME, ...) WM_ROLE_0(__VA_ARGS__)
#define WM_ROLE_2(NAME, ...) WM_ROLE_1(__VA_ARGS__)
#define WM_ROLE_3(NAME, ...) WM_ROLE_2(__VA_ARGS__)
#define WM_ROLE_4(NAME, ...) WM_ROLE_3(__VA_ARGS__)
#define WM_ROLE_5(NAME, ...) WM_ROLE_4(__VA_ARGS__)
#define WM_ROLE_6(NAME, ...) WM_ROLE_5(__VA_ARGS__)
#define WM_ROLE_7(NAME, ...) WM_ROLE_6(__VA_ARGS__)
#define WM_ROLE_8(NAME, ...) WM_ROLE_7(__VA_ARGS__)
#define WM_ROLE_9(NAME, ...) WM_ROLE_8(__VA_ARGS__)
#define WM_ROLE_10(NAME, ...) WM_ROLE_9(__VA_ARGS__)
#define WM_ROLE_11(NAME, ...) WM_ROLE_10(__VA_ARGS__)
#define WM_ROLE_PICK(OF, ...) OF(__VA_ARGS__)
#define WM_ROLE_TEXT(...) #__VA_ARGS__
#define WM_ROLE_PATH(...) WM_ROLE_TEXT(__VA_ARGS__)
// A space here would be one in the file's name.
// clang-format off
#define WM_ROLE_HEADER(NUMBER) WM_ROLE_PATH(roles/WM_ROLE_PICK(WM_ROLE_##NUMBER, WM_ROLES(WM_ROLE_COMMA))/WM_ROLE_FILE)
// clang-format on

#if WM_ROLE_COUNT > 0 && __has_include(WM_ROLE_HEADER(0))
#include WM_ROLE_HEADER(0)
#endif
#if WM_ROLE_COUNT > 1 && __has_include(WM_ROLE_HEADER(1))
#include WM_ROLE_HEADER(1)
#endif
#if WM_ROLE_COUNT > 2 && __has_include(WM_ROLE_HEADER(2))
#include WM_ROLE_HEADER(2)
#endif
#if WM_ROLE_COUNT > 3 && __has_include(WM_ROLE_HEADER(3))
#include WM_ROLE_HEADER(3)
#endif
#if WM_ROLE_COUNT > 4 && __has_include(WM_ROLE_HEADER(4))
#include WM_ROLE_HEADER(4)
#endif
#if WM_ROLE_COUNT > 5 && __has_include(WM_ROLE_HEADER(5))
#include WM_ROLE_HEADER(5)
#endif
#if WM_ROLE_COUNT > 6 && __has_include(WM_ROLE_HEADER(6))
#include WM_ROLE_HEADER(6)
#endif
#if WM_ROLE_COUNT > 7 && __has_include(WM_ROLE_HEADER(7))
#include WM_ROLE_HEADER(7)
#endif
#if WM_ROLE_COUNT > 8 && __has_include(WM_ROLE_HEADER(8))
#include WM_ROLE_HEADER(8)
#endif
#if WM_ROLE_COUNT > 9 && __has_include(WM_ROLE_HEADER(9))
#include WM_ROLE_HEADER(9)
#endif
#if WM_ROLE_COUNT > 10 && __has_include(WM_ROLE_HEADER(10))
#include WM_ROLE_HEADER(10)
#endif
#if WM_ROLE_COUNT > 11 && __has_include(WM_ROLE_HEADER(11))
#include WM_ROLE_HEADER(11)
#endif
#if WM_ROLE_COUNT > 12
#error "there are more roles than numbers here"
#endif
#undef WM_ROLE_FILE
