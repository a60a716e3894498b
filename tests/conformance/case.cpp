#include "case.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "json.hpp"

namespace lamina::conformance {

Config read_json(const std::string& path) {
  std::ifstream file(path);
  if (!file) raise<IoError>("\"", path, "\" cannot be opened");
  try {
    return config_from_json(nlohmann::ordered_json::parse(file));
  } catch (const nlohmann::json::exception& error) {
    raise<IoError>("\"", path, "\": ", error.what());
  }
}

Case::Case(std::string group, std::string id, const std::string& folder)
    : group_(std::move(group)), id_(std::move(id)), folder_(folder), description_(read_json(folder + "/case.json")) {
  if (std::filesystem::exists(folder + "/data.npz")) arrays_.emplace(folder + "/data.npz");
}

Config Case::arguments(const char* member) const {
  const Config* given = description_.find(member);
  return given == nullptr || given->is_null() ? Config::map() : resolved(*given);
}

Config Case::object_by_config() const {
  const Config* config = description_.find("config");
  if (config == nullptr) return Config();
  // Keras's get_config omits some arguments (Huber's delta). Such a configuration describes a different object.
  for (const auto& [name, value] : constructor().members())
    if (config->find(name) == nullptr) return Config();
  return named_config(description_.at("class_name").as_string(), resolved(*config));
}

bool Case::is_disputed(const std::string& array) const {
  const Config* note = description_.find("version_note");
  return note != nullptr && note->is_string() && note->as_string().find(array) != std::string::npos;
}

namespace {

/// Returns the elements of a tensor from `at` on as nested lists.
Config nested(const Tensor<double>& values, Index axis, Index& at) {
  if (axis == values.rank()) return values[at++];
  Config list = Config::list();
  for (Index i = 0; i < values.shape()[axis]; ++i) list.push_back(nested(values, axis + 1, at));
  return list;
}

std::string position_of(Shape shape, Index element) {
  Shape position = shape;
  for (Index axis = shape.rank(); axis-- > 0;) {
    position[axis] = element % shape[axis];
    element /= shape[axis];
  }
  return position.to_string();
}

std::string number(double value) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.9g", value);
  return digits;
}

}  // namespace

Config Case::resolved(const Config& config) const {
  constexpr std::string_view array = "array:";
  if (config.is_string() && config.as_string().rfind(array, 0) == 0) {
    Index at = 0;
    return nested(all_arrays().read<double>(config.as_string().substr(array.size())), 0, at);
  }
  if (config.is_list()) {
    if (config.size() == 2 && config[0].is_string() && config[1].is_map())
      return named_config(config[0].as_string(), resolved(config[1]));
    Config list = Config::list();
    for (const Config& element : config.elements()) list.push_back(resolved(element));
    return list;
  }
  if (!config.is_map()) return config;
  Config map = Config::map();
  for (const auto& [name, value] : config.members()) map[name] = resolved(value);
  return map;
}

namespace {

bool close(double a, double b, Tolerance within) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return true;
  const double apart = std::fabs(a - b);
  return apart <= within.absolute || (std::isfinite(b) && apart <= within.relative * std::fabs(b));
}

}  // namespace

void Check::near(const std::string& array, const Tensor<double>& got, const Tensor<double>& expected, Tolerance within,
                 const Tensor<double>& exact) {
  ++comparisons_;
  if (!got.defined()) return fail(array, "got no tensor");
  if (got.shape() != expected.shape())
    return fail(array, text("got shape ", got.shape(), ", expected ", expected.shape()));
  const bool has_exact = exact.defined() && exact.shape() == expected.shape();
  double largest = 0;
  for (Index i = 0; i < expected.size(); ++i) largest = std::max(largest, std::fabs(expected[i]));
  const Tolerance noise{within.relative, std::max(8e-6, 1e-6 * largest)};
  Index wrong = 0, first = 0;
  for (Index i = expected.size(); i-- > 0;) {
    if (close(got[i], expected[i], within)) continue;
    if (has_exact && close(got[i], exact[i], within) && close(expected[i], exact[i], noise)) continue;
    ++wrong;
    first = i;
  }
  if (wrong > 0)
    fail(array, text("at ", position_of(expected.shape(), first), " got ", number(got[first]), ", expected ",
                     number(expected[first]), " (", wrong, " of ", expected.size(), " differ)"));
}

void Check::within(const std::string& what, double got, double expected, double within) {
  that(what, std::fabs(got - expected) <= within,
       text("got ", number(got), ", expected ", number(expected), " ± ", number(within)));
}

void Check::that(const std::string& what, bool holds, const std::string& otherwise) {
  ++comparisons_;
  if (!holds) fail(what, otherwise);
}

void Check::fail(const std::string& what, const std::string& problem) {
  failures_.push_back(label_ + what + ": " + problem);
}

}  // namespace lamina::conformance
