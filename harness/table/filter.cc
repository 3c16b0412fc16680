// SPDX-License-Identifier: Apache-2.0
// Recursive descent over the tokens, then evaluation of the tree for each line.
#include "table/filter.h"

#include <re2/re2.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "table/field.h"
#include "table/go_text.h"
#include "table/token.h"

namespace tare::table {

struct Filter::Node {
  enum class Kind { kAnd, kOr, kNot, kMatch };
  Kind kind = Kind::kMatch;
  std::vector<std::shared_ptr<const Node>> terms;
  // Of a match:
  std::optional<Field> field;  // nothing: the unit
  std::string literal;
  std::shared_ptr<const RE2> regexp;
};

namespace {

using Node = Filter::Node;
using NodePtr = std::shared_ptr<const Node>;

// How deep parentheses and '-' may nest: a query is typed by hand, and the stack ends.
constexpr int kMostLevels = 1000;

NodePtr Combine(Node::Kind kind, std::vector<NodePtr> terms) {
  if (terms.size() == 1 && kind != Node::Kind::kNot) return terms[0];
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->terms = std::move(terms);
  return node;
}

class Parser {
 public:
  Parser(absl::string_view query, Symbols* symbols)
      : query_(query), symbols_(symbols), tokens_(query) {}

  absl::StatusOr<NodePtr> Run() {
    NodePtr root = Or();
    tokens_.ExpectEnd();
    if (!tokens_.status().ok()) return tokens_.status();
    if (!field_error_.ok()) return field_error_;
    return root;
  }

 private:
  // A parsed part; null after an error, which the tokenizer holds.
  NodePtr Or() {
    std::vector<NodePtr> terms;
    while (true) {
      terms.push_back(And());
      Tokenizer ahead = tokens_;
      const bool more = ahead.Next().kind == 'O';
      if (!more) break;
      tokens_ = ahead;
    }
    return Combine(Node::Kind::kOr, std::move(terms));
  }

  NodePtr And() {
    std::vector<NodePtr> terms{Match()};
    while (true) {
      Tokenizer ahead = tokens_;
      const Token token = ahead.Next();
      switch (token.kind) {
        case 'A':  // the same as nothing between two terms
          tokens_ = ahead;
          break;
        case '(':
        case '-':
        case '*':
        case 'w':
        case 'q':
          terms.push_back(Match());
          break;
        case ')':
        case 'O':
        case 0:
          if (!ahead.status().ok()) tokens_ = ahead;
          return Combine(Node::Kind::kAnd, std::move(terms));
        default:
          tokens_.Fail(absl::StrCat("unexpected ", QuoteGo(token.text)));
          return nullptr;
      }
    }
  }

  NodePtr Match() {
    if (++level_ > kMostLevels) {
      tokens_.Fail("nested too deeply");
      return nullptr;
    }
    NodePtr node = MatchWithin();
    --level_;
    return node;
  }

  NodePtr MatchWithin() {
    const Tokenizer start = tokens_;
    const Token token = tokens_.Next();
    switch (token.kind) {
      case '(': {
        NodePtr inner = Or();
        Tokenizer ahead = tokens_;
        if (ahead.Next().kind != ')') {
          tokens_.Fail("missing \")\"");
          return nullptr;
        }
        tokens_ = ahead;
        return inner;
      }
      case '-':
        return Combine(Node::Kind::kNot, {Match()});
      case '*':
        return Combine(Node::Kind::kAnd, {});
      case 'w':
      case 'q':
        return KeyValue(token, start.offset());
      default:
        tokens_.FailAt(start.offset(), "expected key:value or subexpression");
        return nullptr;
    }
  }

  NodePtr KeyValue(const Token& key, size_t start) {
    if (tokens_.Next().kind != ':') return Fail(start, "expected key:value");
    const Token value = tokens_.Next(true);
    if (value.kind == 'w' || value.kind == 'q' || value.kind == 'r') return Leaf(key, value);
    if (value.kind != '(') return Fail(start, "expected key:value");
    std::vector<NodePtr> terms;
    while (true) {
      size_t before = tokens_.offset();
      const Token term = tokens_.Next(true);
      if (term.kind != 'w' && term.kind != 'q' && term.kind != 'r') {
        return Fail(before, "expected value");
      }
      terms.push_back(Leaf(key, term));
      before = tokens_.offset();
      const Token separator = tokens_.Next(true);
      if (separator.kind == ')') return Combine(Node::Kind::kOr, std::move(terms));
      if (separator.kind != 'O') return Fail(before, "value list must be separated by OR");
    }
  }

  NodePtr Fail(size_t offset, absl::string_view message) {
    tokens_.FailAt(offset, message);
    return nullptr;
  }

  NodePtr Leaf(const Token& key, const Token& value) {
    auto node = std::make_shared<Node>();
    node->literal = value.text;
    node->regexp = value.regexp;
    if (key.text == ".unit") return node;
    absl::StatusOr<Field> field = Field::Parse(key.text, symbols_);
    if (key.text == ".config") {
      field = absl::InvalidArgumentError(".config is only allowed in projections");
    }
    if (field.ok()) {
      node->field = *std::move(field);
    } else if (field_error_.ok()) {
      field_error_ = SyntaxError(query_, key.offset, field.status().message());
    }
    return node;
  }

  absl::string_view query_;
  Symbols* symbols_;
  Tokenizer tokens_;
  absl::Status field_error_;  // counts only where the syntax is right
  int level_ = 0;
};

// Which measurements match; without a value, all or none do.
struct Answer {
  bool all = true;
  std::optional<std::vector<bool>> each;
};

class Evaluation {
 public:
  Evaluation(const ResultLine& line, const Symbols& symbols) : line_(line), symbols_(symbols) {}

  Answer Of(const Node& node) const {
    switch (node.kind) {
      case Node::Kind::kMatch:
        return Match(node);
      case Node::Kind::kNot: {
        Answer answer = Of(*node.terms[0]);
        answer.all = !answer.all;
        if (answer.each.has_value()) answer.each->flip();
        return answer;
      }
      case Node::Kind::kAnd:
      case Node::Kind::kOr:
        break;
    }
    const bool is_or = node.kind == Node::Kind::kOr;
    Answer answer{!is_or, std::nullopt};
    for (const NodePtr& term : node.terms) {
      Answer other = Of(*term);
      if (!other.each.has_value()) {
        if (other.all == is_or) return other;  // that settles it
      } else if (!answer.each.has_value()) {
        answer.each = std::move(other.each);
      } else {
        for (size_t i = 0; i < line_.values.size(); ++i) {
          (*answer.each)[i] =
              is_or ? (*answer.each)[i] || (*other.each)[i] : (*answer.each)[i] && (*other.each)[i];
        }
      }
    }
    return answer;
  }

 private:
  static bool Fits(const Node& node, absl::string_view text) {
    if (node.regexp == nullptr) return node.literal == text;
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *node.regexp);
  }

  Answer Match(const Node& node) const {
    if (node.field.has_value()) return {Fits(node, node.field->Of(line_)), std::nullopt};
    std::vector<bool> each;
    for (const Measurement& value : line_.values) {
      each.push_back(Fits(node, symbols_.Text(value.unit)) ||
                     (value.written_unit != 0 && Fits(node, symbols_.Text(value.written_unit))));
    }
    return {false, std::move(each)};
  }

  const ResultLine& line_;
  const Symbols& symbols_;
};

}  // namespace

absl::StatusOr<Filter> Filter::Parse(absl::string_view query, Symbols* symbols) {
  absl::StatusOr<NodePtr> root = Parser(query, symbols).Run();
  if (!root.ok()) return root.status();
  Filter filter(*std::move(root));
  filter.symbols_ = symbols;
  return filter;
}

void Filter::AndAlso(std::function<bool(const ResultLine&)> accepts) {
  accepts_.push_back(std::move(accepts));
}

bool Filter::Apply(ResultLine* line) const {
  for (const auto& accepts : accepts_) {
    if (!accepts(*line)) return false;
  }
  const Answer answer = Evaluation(*line, *symbols_).Of(*root_);
  if (!answer.each.has_value()) return answer.all;
  size_t kept = 0;
  for (size_t i = 0; i < line->values.size(); ++i) {
    if ((*answer.each)[i]) line->values[kept++] = line->values[i];
  }
  line->values.resize(kept);
  return kept > 0;
}

}  // namespace tare::table
