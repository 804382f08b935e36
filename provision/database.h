// SQLite in the words of Result: statements that bind by position and give rows, and transactions that end with their
// scope.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace waymark::provision {

struct Close {
  void operator()(sqlite3* db) const;
  void operator()(sqlite3_stmt* statement) const;
};

class Database {
 public:
  // `patience`: how long a statement waits for another writer.
  static Result<Database> open(const std::string& path, std::chrono::milliseconds patience);

  Status run(const std::string& sql);
  Error error() const;  // what went wrong last, with the file's name
  sqlite3* raw() const { return db_.get(); }
  const std::string& path() const { return path_; }

 private:
  std::unique_ptr<sqlite3, Close> db_;
  std::string path_;
  std::chrono::milliseconds patience_ = {};
};

// What is wrong with it, or with a value, is told by next().
class Statement {
 public:
  Statement(const Database& db, const std::string& sql);
  Statement& with(std::int64_t value);
  Statement& with(const std::string& value);
  Statement& with_nothing();

  Result<bool> next();  // whether there is another row
  Status done();        // of what gives none
  bool is_null(int column) const;
  std::int64_t number(int column) const;
  std::string text(int column) const;

 private:
  const Database& db_;
  std::unique_ptr<sqlite3_stmt, Close> statement_;
  int bound_ = 0;
  bool good_ = false;
};

// One writer at a time; what was not committed is undone.
class Transaction {
 public:
  static Result<Transaction> begin(Database& db);
  Transaction(Transaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Database& db) : db_(&db) {}
  Database* db_;
};

}  // namespace waymark::provision
