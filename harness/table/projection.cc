// SPDX-License-Identifier: Apache-2.0
// Keys as tuples of symbols; `.config` grows dimensions as results bring new keys along.
#include "table/projection.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "table/name.h"
#include "table/order.h"
#include "table/token.h"

namespace tare::table {

// What the projections of one group have in common.
struct Projection::Shared {
  absl::flat_hash_set<Symbol> config_keys;  // named, hence no part of .config
  std::vector<std::string> name_keys;       // named, hence no part of .fullname
  bool has_config = false;
  bool has_fullname = false;
};

struct Projection::Part {
  enum class Kind { kField, kFullName, kConfig, kUnit };
  Kind kind = Kind::kField;
  std::optional<Field> field;
  Dimension::Order order = Dimension::Order::kFirst;
  std::function<int(absl::string_view, absl::string_view)> compare;
  std::vector<size_t> dimensions;                 // one; for .config as many as there are keys
  absl::flat_hash_map<Symbol, size_t> of_config;  // .config: key to dimension
};

Projection::Projection(Symbols* symbols, std::shared_ptr<Shared> shared)
    : symbols_(symbols), shared_(std::move(shared)) {}

Projection::~Projection() = default;

size_t Projection::AddDimension(Part* part, std::string name) {
  auto dimension = std::make_unique<Dimension>();
  dimension->name = std::move(name);
  dimension->index = dimensions_.size();
  dimension->order = part->order;
  dimension->compare = part->compare;
  part->dimensions.push_back(dimension->index);
  dimensions_.push_back(std::move(dimension));
  row_.push_back(0);
  return row_.size() - 1;
}

void Projection::Fill(const ResultLine& line) {
  std::fill(row_.begin(), row_.end(), 0);
  for (const std::unique_ptr<Part>& part : parts_) {
    switch (part->kind) {
      case Part::Kind::kField: {
        const Field& field = *part->field;
        row_[part->dimensions[0]] =
            field.of_name() ? symbols_->Intern(field.Of(line)) : field.ConfigOf(line);
        break;
      }
      case Part::Kind::kFullName:
        row_[part->dimensions[0]] =
            shared_->name_keys.empty()
                ? symbols_->Intern(line.name)
                : symbols_->Intern(NameWithout(line.name, shared_->name_keys));
        break;
      case Part::Kind::kConfig:
        for (const ConfigEntry& entry : line.config) {
          if (!entry.of_file || shared_->config_keys.contains(entry.key)) continue;
          const auto [known, is_new] = part->of_config.try_emplace(entry.key, 0);
          if (is_new) {
            known->second = AddDimension(part.get(), std::string(symbols_->Text(entry.key)));
          }
          row_[known->second] = entry.value;
        }
        break;
      case Part::Kind::kUnit:
        break;
    }
  }
}

Key Projection::Intern() {
  size_t size = row_.size();
  while (size > 0 && row_[size - 1] == 0) --size;
  const auto values = absl::MakeConstSpan(row_).first(size);
  if (const auto known = known_.find(values); known != known_.end()) return known->second;
  for (const std::unique_ptr<Part>& part : parts_) {
    if (part->kind == Part::Kind::kConfig) continue;  // never recorded: see Dimension
    Dimension& dimension = *dimensions_[part->dimensions[0]];
    if (dimension.order != Dimension::Order::kFirst) continue;
    dimension.places.try_emplace(row_[dimension.index], dimension.places.size());
  }
  const Key key = static_cast<Key>(keys_.size());
  keys_.emplace_back(values.begin(), values.end());
  known_.emplace(keys_.back(), key);
  return key;
}

Key Projection::Of(const ResultLine& line) {
  Fill(line);
  return Intern();
}

void Projection::OfEach(const ResultLine& line, std::vector<Key>* keys) {
  Fill(line);
  keys->clear();
  for (const Measurement& value : line.values) {
    if (unit_index_.has_value()) row_[*unit_index_] = value.unit;
    keys->push_back(Intern());
  }
}

std::vector<const Dimension*> Projection::Dimensions() const {
  std::vector<const Dimension*> dimensions;
  for (const std::unique_ptr<Part>& part : parts_) {
    for (const size_t index : part->dimensions) dimensions.push_back(dimensions_[index].get());
  }
  return dimensions;
}

Symbol Projection::At(Key key, size_t index) const {
  const Values& values = keys_[key];
  return index < values.size() ? values[index] : 0;
}

absl::string_view Projection::Value(Key key, const Dimension& dimension) const {
  return symbols_->Text(At(key, dimension.index));
}

std::string Projection::Text(Key key) const {
  std::string text;
  for (const Dimension* dimension : Dimensions()) {
    const absl::string_view value = Value(key, *dimension);
    if (!value.empty()) absl::StrAppend(&text, text.empty() ? "" : " ", value);
  }
  return text;
}

std::string Projection::NamedText(Key key) const {
  std::string text;
  for (const Dimension* dimension : Dimensions()) {
    const absl::string_view value = Value(key, *dimension);
    if (!value.empty())
      absl::StrAppend(&text, text.empty() ? "" : " ", dimension->name, ":", value);
  }
  return text;
}

bool Projection::Less(const std::vector<const Dimension*>& dimensions, Key a, Key b) const {
  for (const Dimension* dimension : dimensions) {
    const Symbol x = At(a, dimension->index), y = At(b, dimension->index);
    if (x == y) continue;
    const absl::string_view text_x = symbols_->Text(x), text_y = symbols_->Text(y);
    if (dimension->order == Dimension::Order::kFunction) {
      const int order = dimension->compare(text_x, text_y);
      if (order != 0) return order < 0;
    } else {
      // A value that was not recorded counts as the first.
      const auto place = [&](Symbol value) {
        const auto found = dimension->places.find(value);
        return found == dimension->places.end() ? 0 : found->second;
      };
      if (place(x) != place(y)) return place(x) < place(y);
    }
    return text_x < text_y;
  }
  return false;
}

void Projection::Sort(std::vector<Key>* keys) const {
  const std::vector<const Dimension*> dimensions = Dimensions();
  std::sort(keys->begin(), keys->end(),
            [&](Key a, Key b) { return a != b && Less(dimensions, a, b); });
}

// How the values of one key in an expression are ordered.
struct Projections::Order {
  std::string name = "first";
  size_t offset = 0;  // in the expression
  std::vector<std::string> fixed;
};

Projections::Projections(Symbols* symbols)
    : symbols_(symbols), shared_(std::make_shared<Projection::Shared>()) {}

absl::Status Projections::Add(Projection* projection, absl::string_view text,
                              const std::string& key, size_t key_offset, const Order& order,
                              Filter* filter) {
  using Part = Projection::Part;
  auto part = std::make_unique<Part>();
  if (order.name == "fixed") {
    part->order = Dimension::Order::kFixed;
  } else if (order.name == "alpha" || order.name == "num") {
    part->order = Dimension::Order::kFunction;
    part->compare = order.name == "num" ? CompareNumeric : CompareAlpha;
  } else if (order.name != "first") {
    return SyntaxError(text, order.offset, absl::StrCat("unknown order \"", order.name, "\""));
  }

  if (key == ".config") {
    if (!order.fixed.empty()) {
      return SyntaxError(text, order.offset, "fixed order not allowed for .config");
    }
    shared_->has_config = true;
    part->kind = Part::Kind::kConfig;
  } else if (key == ".unit") {
    return SyntaxError(text, key_offset, ".unit is only allowed in filters");
  } else {
    absl::StatusOr<Field> field = Field::Parse(key, symbols_);
    if (!field.ok()) return SyntaxError(text, key_offset, field.status().message());
    if (key == ".fullname") {
      shared_->has_fullname = true;
      part->kind = Part::Kind::kFullName;
    } else if (field->of_name()) {
      shared_->name_keys.push_back(key);
    } else {
      shared_->config_keys.insert(symbols_->Intern(key));
    }
    Dimension& dimension = *projection->dimensions_[projection->AddDimension(part.get(), key)];
    for (const std::string& value : order.fixed) {
      // Given twice, the last place counts.
      dimension.places.insert_or_assign(symbols_->Intern(value), dimension.places.size());
    }
    if (!order.fixed.empty() && filter != nullptr) {
      filter->AndAlso([field = *field, values = order.fixed](const ResultLine& line) {
        return std::find(values.begin(), values.end(), field.Of(line)) != values.end();
      });
    }
    part->field = *std::move(field);
  }
  projection->parts_.push_back(std::move(part));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Projection>> Projections::Parse(absl::string_view text,
                                                               Filter* filter, bool with_units) {
  struct Named {
    std::string key;
    size_t offset;
    Order order;
  };
  // First the syntax of all, then what the keys mean.
  std::vector<Named> named;
  Tokenizer tokens(text);
  while (tokens.status().ok()) {
    Tokenizer ahead = tokens;
    Token token = ahead.Next();
    if (token.kind == 0) break;
    if (token.kind == ',' && !named.empty()) tokens = ahead;
    const size_t before = tokens.offset();
    token = tokens.Next();
    if (token.kind != 'w' && token.kind != 'q') {
      if (tokens.status().ok()) tokens.FailAt(before, "expected key");
      break;
    }
    Named next{token.text, token.offset, {}};
    next.order.offset = token.offset + token.text.size();
    ahead = tokens;
    if (ahead.Next().kind == '@') {
      tokens = ahead;
      const size_t at = tokens.offset();
      token = tokens.Next();
      next.order.offset = token.offset;
      if (token.kind == 'w' || token.kind == 'q') {
        next.order.name = token.text;
      } else if (token.kind == '(') {
        next.order.name = "fixed";
        while (true) {
          const size_t here = tokens.offset();
          token = tokens.Next();
          if (token.kind == 'w' || token.kind == 'q') {
            next.order.fixed.push_back(token.text);
            continue;
          }
          if (token.kind != ')') tokens.FailAt(here, "missing )");
          if (token.kind == ')' && next.order.fixed.empty())
            tokens.FailAt(here, "nothing to match");
          break;
        }
      } else {
        tokens.FailAt(at, "expected named sort order or parenthesized list");
      }
    }
    named.push_back(std::move(next));
  }
  tokens.ExpectEnd();
  if (!tokens.status().ok()) return tokens.status();

  auto projection = std::unique_ptr<Projection>(new Projection(symbols_, shared_));
  for (const Named& one : named) {
    const absl::Status added = Add(projection.get(), text, one.key, one.offset, one.order, filter);
    if (!added.ok()) return added;
  }
  if (with_units) {
    auto part = std::make_unique<Projection::Part>();
    part->kind = Projection::Part::Kind::kUnit;
    projection->unit_index_ = projection->AddDimension(part.get(), ".unit");
    projection->parts_.push_back(std::move(part));
  }
  return projection;
}

std::unique_ptr<Projection> Projections::Residue(bool with_file) {
  auto projection = std::unique_ptr<Projection>(new Projection(symbols_, shared_));
  if (with_file && !shared_->config_keys.contains(symbols_->Intern(".file"))) {
    (void)Add(projection.get(), "", ".file", 0, {}, nullptr);
  }
  const bool config = !shared_->has_config, fullname = !shared_->has_fullname;
  if (config) (void)Add(projection.get(), "", ".config", 0, {}, nullptr);
  if (fullname) (void)Add(projection.get(), "", ".fullname", 0, {}, nullptr);
  return projection;
}

}  // namespace tare::table
