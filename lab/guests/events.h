// What is done to the control plane in lab `guests`, in order. Each event claims what it must: that the abuse arrived,
// and what the daemon made of it. That nothing broke, no target was taken for dead and no address was withdrawn is
// asked of all of them by guests.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lab/guests/site.h"

namespace waymark::lab {

struct GuestsEvent {
  std::string name, title;
  std::function<Status(GuestsSite&)> act;  // an error ends the lab
};

// guests_http.cpp: guests of /metrics and the API.
Status silent_guests(GuestsSite& site);
Status rude_guests(GuestsSite& site);
Status busy_readers(GuestsSite& site);

// guests_daemon.cpp: what is done to the process and its files.
Status hostile_files(GuestsSite& site);
Status held_up(GuestsSite& site);
Status ended_and_replaced(GuestsSite& site);

// guests_many.cpp: more services at once than a site has.
Status many_more_services(GuestsSite& site);
Status services_removed(GuestsSite& site);

// guests_group.cpp: who is no member, or not yet.
Status wrong_secret(GuestsSite& site);
Status strangers(GuestsSite& site);

}  // namespace waymark::lab
