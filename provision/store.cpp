#include "provision/store.h"

#include <fmt/format.h>

#include <algorithm>

#include "provision/database.h"

namespace waymark::provision {

struct Store::State {
  Database db;
};

namespace {

constexpr std::int64_t kApplication = 0x574d6b50, kVersion = 1;  // "WMkP"

// A client's rows stay when it is revoked, as ids are not given twice.
constexpr const char* kTables = R"(
CREATE TABLE plan (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), text TEXT NOT NULL) STRICT;
CREATE TABLE client (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, pop INTEGER NOT NULL,
  policy INTEGER NOT NULL, epoch INTEGER, made INTEGER NOT NULL, revoked INTEGER) STRICT;
CREATE UNIQUE INDEX living ON client (name) WHERE revoked IS NULL;
CREATE TABLE former (client INTEGER NOT NULL REFERENCES client (id), pop INTEGER NOT NULL, policy INTEGER NOT NULL,
  epoch INTEGER, until INTEGER NOT NULL) STRICT;
CREATE INDEX former_of ON former (client);
)";
// Files that were made before was_revoked() was there lack it.
constexpr const char* kIndex = "CREATE INDEX IF NOT EXISTS gone ON client (name) WHERE revoked IS NOT NULL";
constexpr const char* kColumns = "id, name, pop, policy, epoch, made, revoked";

Result<std::int64_t> number_of(const Database& db, const std::string& sql) {
  Statement ask(db, sql);
  const auto row = ask.next();
  if (!row) return row.error();
  return *row ? ask.number(0) : 0;
}

Place place_at(const Statement& row, int column) {
  Place out = {u32(row.number(column)), u32(row.number(column + 1)), {}};
  if (!row.is_null(column + 2)) out.epoch = u64(row.number(column + 2));
  return out;
}
void bind(Statement& to, const Place& place) {
  to.with(place.pop).with(place.policy);
  place.epoch ? to.with(std::int64_t(*place.epoch)) : to.with_nothing();
}

Status make_tables(Database& db, const std::string& plan) {
  WM_TRY(db.run(kTables));
  WM_TRY(db.run(kIndex));
  Statement put(db, "INSERT INTO plan (only_one, text) VALUES (1, ?)");
  WM_TRY(put.with(plan).done());
  return db.run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplication, kVersion));
}

// What the file is, and whose.
Status look_at(Database& db, const std::string& plan) {
  auto change = Transaction::begin(db);
  if (!change) return change.error();
  const auto application = number_of(db, "PRAGMA application_id"), version = number_of(db, "PRAGMA user_version"),
             tables = number_of(db, "SELECT count(*) FROM sqlite_schema");
  for (const auto* number : {&application, &version, &tables})
    if (!*number) return number->error();
  if (!*tables && !*application) {
    WM_TRY(make_tables(db, plan));
    return change->commit();
  }
  if (*application != kApplication) return Error{db.path() + " is no file of `waymark provision`"};
  if (*version != kVersion)
    return Error{fmt::format("{} has version {}, and this program knows {}", db.path(), *version, kVersion)};
  Statement ask(db, "SELECT text FROM plan");
  const auto row = ask.next();
  if (!row) return row.error();
  if (!*row || ask.text(0) != plan)
    return Error{
        fmt::format("{} is of another plan, {}, than the configuration's, {}: its clients' addresses would be others",
                    db.path(), *row ? ask.text(0) : "none", plan)};
  WM_TRY(db.run(kIndex));
  return change->commit();
}

Result<Client> client_at(const Database& db, const Statement& row, Seconds now) {
  Client out = {u64(row.number(0)), row.text(1), place_at(row, 2), row.number(5), {}, {}};
  if (!row.is_null(6)) out.revoked = row.number(6);
  Statement ask(db, "SELECT pop, policy, epoch, until FROM former WHERE client = ? AND until > ? ORDER BY rowid DESC");
  ask.with(std::int64_t(out.id)).with(now);
  while (true) {
    const auto more = ask.next();
    if (!more) return more.error();
    if (!*more) return out;
    out.former.push_back({place_at(ask, 0), ask.number(3)});
  }
}

Result<std::optional<Client>> living(const Database& db, const std::string& name, Seconds now) {
  Statement ask(db, fmt::format("SELECT {} FROM client WHERE name = ? AND revoked IS NULL", kColumns));
  const auto row = ask.with(name).next();
  if (!row) return row.error();
  if (!*row) return std::optional<Client>();
  auto client = client_at(db, ask, now);
  if (!client) return client.error();
  return std::optional<Client>(*client);
}
Result<Client> known(const Database& db, const std::string& name, Seconds now) {
  const auto client = living(db, name, now);
  if (!client) return client.error();
  if (!*client) return Error{fmt::format("there is no client {} in {}", name, db.path())};
  return **client;
}

}  // namespace

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Result<Store> Store::open(const std::string& path, const std::string& plan, std::chrono::milliseconds patience) {
  auto db = Database::open(path, patience);
  if (!db) return db.error();
  auto state = std::make_unique<State>(std::move(*db));
  WM_TRY(look_at(state->db, plan));
  return Store(std::move(state));
}

Result<Client> Store::add(const std::string& name, const Place& place, u64 most, Seconds now) {
  Database& db = state_->db;
  auto change = Transaction::begin(db);
  if (!change) return change.error();
  const auto before = living(db, name, now);
  if (!before) return before.error();
  if (*before) {
    if ((*before)->place.pop == place.pop && (*before)->place.policy == place.policy) return **before;
    return Error{fmt::format("client {} is at POP {} with policy {}: `waymark provision move` gives it another address",
                             name, (*before)->place.pop, (*before)->place.policy)};
  }
  Statement put(db, "INSERT INTO client (name, pop, policy, epoch, made) VALUES (?, ?, ?, ?, ?)");
  bind(put.with(name), place);
  WM_TRY(put.with(now).done());
  const auto id = number_of(db, "SELECT last_insert_rowid()");
  if (!id) return id.error();
  if (u64(*id) > most)
    return Error{fmt::format("all {} ids that clients may have are given", most)};  // and none is taken
  WM_TRY(change->commit());
  return Client{u64(*id), name, place, now, {}, {}};
}

Result<Client> Store::move(const std::string& name, const Place& place, Seconds now, Seconds until) {
  Database& db = state_->db;
  auto change = Transaction::begin(db);
  if (!change) return change.error();
  const auto before = known(db, name, now);
  if (!before) return before.error();
  if (before->place == place) return before;
  Statement over(db, "DELETE FROM former WHERE client = ? AND (until <= ? OR (pop = ? AND policy = ? AND epoch IS ?))");
  bind(over.with(std::int64_t(before->id)).with(now), place);
  WM_TRY(over.done());
  if (until > now) {
    Statement keep(db, "INSERT INTO former (client, pop, policy, epoch, until) VALUES (?, ?, ?, ?, ?)");
    bind(keep.with(std::int64_t(before->id)), before->place);
    WM_TRY(keep.with(until).done());
  }
  Statement put(db, "UPDATE client SET pop = ?, policy = ?, epoch = ? WHERE id = ?");
  bind(put, place);
  WM_TRY(put.with(std::int64_t(before->id)).done());
  const auto after = known(db, name, now);
  if (!after) return after.error();
  WM_TRY(change->commit());
  return after;
}

Result<Client> Store::revoke(const std::string& name, Seconds now) {
  Database& db = state_->db;
  auto change = Transaction::begin(db);
  if (!change) return change.error();
  auto client = known(db, name, now);
  if (!client) return client.error();
  Statement put(db, "UPDATE client SET revoked = ? WHERE id = ?");
  WM_TRY(put.with(now).with(std::int64_t(client->id)).done());
  WM_TRY(change->commit());
  client->revoked = now;
  return client;
}

Result<Client> Store::find(const std::string& name, Seconds now) const { return known(state_->db, name, now); }
Result<std::optional<Client>> Store::look(const std::string& name, Seconds now) const {
  return living(state_->db, name, now);
}
Result<bool> Store::was_revoked(const std::string& name) const {
  Statement ask(state_->db, "SELECT 1 FROM client WHERE name = ? AND revoked IS NOT NULL LIMIT 1");
  return ask.with(name).next();
}

Result<std::vector<Client>> Store::all(bool revoked, Seconds now) const {
  const char* which = revoked ? "" : " WHERE revoked IS NULL";
  Statement ask(state_->db, fmt::format("SELECT {} FROM client{} ORDER BY id", kColumns, which));
  std::vector<Client> out;
  while (true) {
    const auto more = ask.next();
    if (!more) return more.error();
    if (!*more) return out;
    auto client = client_at(state_->db, ask, now);
    if (!client) return client.error();
    out.push_back(std::move(*client));
  }
}

Result<std::map<u64, u64>> Store::by_epoch(Seconds now) const {
  Statement ask(
      state_->db,
      "SELECT has.epoch, COUNT(DISTINCT has.id) FROM (SELECT id, epoch FROM client UNION ALL SELECT client, epoch "
      "FROM former WHERE until > ?) AS has JOIN client ON client.id = has.id WHERE client.revoked IS NULL AND "
      "has.epoch IS NOT NULL GROUP BY has.epoch");
  ask.with(now);
  std::map<u64, u64> out;
  while (true) {
    const auto more = ask.next();
    if (!more) return more.error();
    if (!*more) return out;
    out[u64(ask.number(0))] = u64(ask.number(1));
  }
}

}  // namespace waymark::provision
