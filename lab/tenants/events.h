// What happens in lab `tenants`, in order: with Waymark, and then in the control.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.h"
#include "lab/tenants/fabric.h"

namespace waymark::lab {

struct TenantsStep {
  std::function<Status(TenantsFabric&)> act;
  Duration then = {};  // so long until the next
};

struct TenantsEvent {
  std::string name, title;
  std::vector<TenantsStep> steps;
  Duration then;  // so long until it is looked at
  bool control_breaks = false;
  // The control's broken connections could not be opened again before it, as their replies go elsewhere.
  bool control_lies = false;
  bool told = false;                       // whoever holds the tenants' id has its flows from other gateways
  DataCentre server = DataCentre::second;  // where it is at the end
};

std::vector<TenantsEvent> tenants_events();

}  // namespace waymark::lab
