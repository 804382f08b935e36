#include "provision/database.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace waymark::provision {

namespace {

// Made before SQLite would make it, for its owner's eyes alone; a file there is no FIFO or device, where opening hangs.
Status make_file(const std::string& path) {
  std::error_code failed;
  const auto directory = std::filesystem::path(path).parent_path();
  if (!directory.empty()) std::filesystem::create_directories(directory, failed);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
  if (fd < 0) return Error{fmt::format("{} cannot be opened: {}", path, std::strerror(errno))};
  struct stat facts = {};
  const bool regular = fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
  close(fd);
  if (!regular) return Error{path + " is no file"};
  return Done{};
}

}  // namespace

Result<Database> Database::open(const std::string& path, std::chrono::milliseconds patience) {
  WM_TRY(make_file(path));
  Database out;
  out.path_ = path;
  out.patience_ = patience;
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, nullptr);
  out.db_.reset(raw);
  if (opened != SQLITE_OK) return out.error();
  sqlite3_busy_timeout(raw, int(patience.count()));
  // EXTRA: the directory, too, is on the disk before a change is told.
  WM_TRY(out.run("PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF"));
  return out;
}

Error Database::error() const {
  switch (sqlite3_errcode(db_.get()) & 0xff) {
    case SQLITE_BUSY:
      return {fmt::format("{} is written by another process, for more than {}", path_, patience_)};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return {fmt::format("{} is damaged, or no file of `waymark provision`: {}", path_, sqlite3_errmsg(db_.get()))};
    default:
      return {fmt::format("{}: {}", path_, sqlite3_errmsg(db_.get()))};
  }
}

Status Database::run(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return Done{};
  return error();
}

void Close::operator()(sqlite3* db) const { sqlite3_close_v2(db); }
void Close::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(const Database& db, const std::string& sql) : db_(db) {
  sqlite3_stmt* raw = nullptr;
  good_ = sqlite3_prepare_v2(db.raw(), sql.c_str(), -1, &raw, nullptr) == SQLITE_OK;
  statement_.reset(raw);
}
Statement& Statement::with(std::int64_t value) {
  good_ = good_ && sqlite3_bind_int64(statement_.get(), ++bound_, value) == SQLITE_OK;
  return *this;
}
Statement& Statement::with(const std::string& value) {
  good_ = good_ &&
          sqlite3_bind_text(statement_.get(), ++bound_, value.data(), int(value.size()), SQLITE_TRANSIENT) == SQLITE_OK;
  return *this;
}
Statement& Statement::with_nothing() {
  good_ = good_ && sqlite3_bind_null(statement_.get(), ++bound_) == SQLITE_OK;
  return *this;
}

Result<bool> Statement::next() {
  const int step = good_ ? sqlite3_step(statement_.get()) : SQLITE_ERROR;
  if (step == SQLITE_ROW) return true;
  if (step == SQLITE_DONE) return false;
  return db_.error();
}
Status Statement::done() {
  const auto row = next();
  return row ? Status(Done{}) : Status(row.error());
}
bool Statement::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
std::int64_t Statement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }
std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  return text ? text : "";
}

Result<Transaction> Transaction::begin(Database& db) {
  WM_TRY(db.run("BEGIN IMMEDIATE"));
  return Transaction(db);
}
Transaction::~Transaction() {
  if (db_) (void)db_->run("ROLLBACK");
}
Status Transaction::commit() {
  WM_TRY(db_->run("COMMIT"));
  db_ = nullptr;
  return Done{};
}

}  // namespace waymark::provision
