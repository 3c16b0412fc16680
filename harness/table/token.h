// SPDX-License-Identifier: Apache-2.0
// The words of filters and projections: keys, values, regular expressions, operators.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace tare::table {

// "syntax error: MESSAGE", the query on a line of its own, and below it a caret at the byte
// `offset`.
absl::Status SyntaxError(absl::string_view query, size_t offset, absl::string_view message);

struct Token {
  // 0 at the end; 'w' or 'q' a word, bare or quoted; 'r' a regular expression; 'A' AND, 'O' OR;
  // else the operator itself: ( ) : @ , - *
  char kind = 0;
  size_t offset = 0;  // in the query
  std::string text;   // unquoted
  std::shared_ptr<const RE2> regexp;
};

// Reads tokens from a query one by one. To look ahead, take a copy. The first error stands: behind
// it there are no more tokens.
class Tokenizer {
 public:
  explicit Tokenizer(absl::string_view query) : query_(query) {}

  // A '/' begins a regular expression only where a value may stand.
  Token Next(bool may_be_regexp = false);

  // `message` about where the next token begins; becomes the error if there is none yet.
  void Fail(absl::string_view message);
  // About the token that begins there, behind white space.
  void FailAt(size_t offset, absl::string_view message);
  // Fails unless the query has ended.
  void ExpectEnd();

  size_t offset() const { return offset_; }
  const absl::Status& status() const { return status_; }

 private:
  absl::string_view rest() const { return query_.substr(offset_); }
  Token Take(char kind, std::string text, size_t size);
  Token Quoted();
  Token Bare();
  Token Regexp();

  absl::string_view query_;
  size_t offset_ = 0;
  absl::Status status_;
};

}  // namespace tare::table
