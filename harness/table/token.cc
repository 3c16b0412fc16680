// SPDX-License-Identifier: Apache-2.0
// The lexical rules of Go's benchproc, with the words of its errors.
#include "table/token.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "table/go_text.h"

namespace tare::table {
namespace {

bool IsOperator(char c) {
  return c == '(' || c == ')' || c == ':' || c == '@' || c == ',';
}

// Words hold '-' and '*' but do not begin with them.
bool IsOperatorAtStart(char c) {
  return IsOperator(c) || c == '-' || c == '*';
}

// Where the '/' that ends a regular expression is: outside of brackets and parentheses.
size_t EndOfRegexp(absl::string_view text) {
  int brackets = 0, parentheses = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (brackets == 0 && parentheses == 0 && text[i] == '/') return i;
    switch (text[i]) {
      case '[':
        ++brackets;
        break;
      case ']':
        brackets = std::max(0, brackets - 1);
        break;
      case '(':
        parentheses += brackets == 0 ? 1 : 0;
        break;
      case ')':
        parentheses -= brackets == 0 ? 1 : 0;
        break;
      case '\\':
        ++i;
        break;
      default:
        break;
    }
  }
  return absl::string_view::npos;
}

// What is wrong with it in Go's words, for which RE2 has codes.
std::string Complaint(const RE2& regexp) {
  const char* what = "invalid expression";
  switch (regexp.error_code()) {
    case RE2::ErrorBadEscape:
      what = "invalid escape sequence";
      break;
    case RE2::ErrorBadCharClass:
      what = "invalid character class";
      break;
    case RE2::ErrorBadCharRange:
      what = "invalid character class range";
      break;
    case RE2::ErrorMissingBracket:
      what = "missing closing ]";
      break;
    case RE2::ErrorMissingParen:
      what = "missing closing )";
      break;
    case RE2::ErrorUnexpectedParen:
      what = "unexpected )";
      break;
    case RE2::ErrorTrailingBackslash:
      what = "trailing backslash at end of expression";
      break;
    case RE2::ErrorRepeatArgument:
      what = "missing argument to repetition operator";
      break;
    case RE2::ErrorRepeatSize:
      what = "invalid repeat count";
      break;
    case RE2::ErrorRepeatOp:
      what = "invalid nested repetition operator";
      break;
    case RE2::ErrorBadPerlOp:
      what = "invalid or unsupported Perl syntax";
      break;
    case RE2::ErrorBadUTF8:
      what = "invalid UTF-8";
      break;
    case RE2::ErrorBadNamedCapture:
      what = "invalid named capture";
      break;
    default:
      break;
  }
  return absl::StrCat("error parsing regexp: ", what, ": `", regexp.error_arg(), "`");
}

}  // namespace

absl::Status SyntaxError(absl::string_view query, size_t offset, absl::string_view message) {
  size_t column = 0;
  for (size_t i = 0; i < query.size() && i < offset;) {
    const auto c = static_cast<unsigned char>(query[i]);
    if (!absl::ascii_iscntrl(c)) ++column;
    i += CodePointSize(query.substr(i));
  }
  return absl::InvalidArgumentError(absl::StrCat("syntax error: ", message, "\n\t", query, "\n\t",
                                                 std::string(column, ' '), "^"));
}

void Tokenizer::FailAt(size_t offset, absl::string_view message) {
  offset += LeadingSpaceSize(query_.substr(offset));
  if (status_.ok()) status_ = SyntaxError(query_, offset, message);
  offset_ = query_.size();
}

void Tokenizer::Fail(absl::string_view message) {
  FailAt(offset_, message);
}

void Tokenizer::ExpectEnd() {
  Tokenizer ahead = *this;
  const Token token = ahead.Next();
  if (token.kind != 0) {
    FailAt(offset_, absl::StrCat("unexpected ", QuoteGo(token.text)));
  } else if (status_.ok()) {
    status_ = ahead.status_;
  }
}

Token Tokenizer::Take(char kind, std::string text, size_t size) {
  Token token{kind, offset_, std::move(text), nullptr};
  offset_ += size;
  return token;
}

Token Tokenizer::Next(bool may_be_regexp) {
  while (offset_ < query_.size()) {
    const char c = query_[offset_];
    if (IsOperatorAtStart(c)) return Take(c, std::string(1, c), 1);
    if (const size_t space = LeadingSpaceSize(rest()); space > 0) {
      offset_ += space;
    } else if (may_be_regexp && c == '/') {
      return Regexp();
    } else {
      return c == '"' ? Quoted() : Bare();
    }
  }
  return Take(0, "", 0);
}

Token Tokenizer::Quoted() {
  const absl::string_view text = rest();
  size_t end = 1;
  while (end < text.size() && (text[end] != '"' || text[end - 1] == '\\')) ++end;
  std::string word;
  if (end >= text.size()) {
    Fail("missing end quote");
  } else if (!UnquoteGo(text.substr(0, end + 1), &word)) {
    Fail("bad escape sequence");
  } else {
    return Take('q', std::move(word), end + 1);
  }
  return Take(0, "", 0);
}

Token Tokenizer::Bare() {
  const absl::string_view text = rest();
  size_t end = 0;
  while (end < text.size() && !IsOperator(text[end]) && LeadingSpaceSize(text.substr(end)) == 0) {
    end += CodePointSize(text.substr(end));
  }
  const absl::string_view word = text.substr(0, end);
  return Take(word == "AND" ? 'A' : word == "OR" ? 'O' : 'w', std::string(word), end);
}

Token Tokenizer::Regexp() {
  const absl::string_view text = rest().substr(1);
  const size_t end = EndOfRegexp(text);
  if (end == absl::string_view::npos) {
    Fail("missing close \"/\"");
    return Take(0, "", 0);
  }
  const std::string expression(text.substr(0, end));
  auto regexp = std::make_shared<const RE2>(expression, RE2::Quiet);
  const absl::string_view behind = text.substr(end + 1);
  if (!regexp->ok()) {
    Fail(Complaint(*regexp));
  } else if (!behind.empty() && !IsOperatorAtStart(behind[0]) &&
             !absl::ascii_isspace(static_cast<unsigned char>(behind[0]))) {
    FailAt(offset_ + end + 2, "regexp must be followed by space or an operator (unescaped \"/\"?)");
  } else {
    Token token = Take('r', expression, end + 2);
    token.regexp = std::move(regexp);
    return token;
  }
  return Take(0, "", 0);
}

}  // namespace tare::table
