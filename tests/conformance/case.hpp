#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lamina/data/npz.hpp"
#include "lamina/lamina.hpp"

// Shared by all groups: a case that Keras computed, and the check of its results.

namespace lamina::conformance {

/// A case: a folder with `case.json` and `data.npz`, if it has arrays.
class Case {
 public:
  Case(std::string group, std::string id, const std::string& folder);

  const std::string& group() const noexcept { return group_; }
  const std::string& id() const noexcept { return id_; }
  const std::string& folder() const noexcept { return folder_; }
  /// The whole of `case.json`.
  const Config& description() const noexcept { return description_; }
  /// Returns the constructor arguments in the form that `from_config` takes: ["Name", {...}] is converted to an object,
  /// "array:NAME" to an array of `data.npz`.
  Config constructor() const { return arguments("constructor"); }
  Config arguments(const char* member) const;
  /// Returns {"class_name": ..., "config": ...} from the constructor arguments.
  Config object() const { return named_config(description_.at("class_name").as_string(), constructor()); }
  /// Returns the same from Keras's get_config; null if the case has none, or if it lacks a constructor argument.
  Config object_by_config() const;

  bool contains(const std::string& array) const { return arrays_ && arrays_->contains(array); }
  const std::vector<std::string>& arrays() const { return all_arrays().names(); }
  template <class S>
  Tensor<S> array(const std::string& name) const {
    return all_arrays().read<S>(name);
  }
  /// Returns an array; undefined if it does not exist.
  template <class S>
  Tensor<S> array_if_any(const std::string& name) const {
    return contains(name) ? array<S>(name) : Tensor<S>();
  }
  /// Returns whether versions of Keras compute different values of an array.
  bool is_disputed(const std::string& array) const;
  /// Converts placeholders of objects and arrays to the form that `from_config` takes.
  Config resolved(const Config& config) const;

 private:
  const NpzFile& all_arrays() const {
    if (!arrays_) raise<IoError>("\"", folder_, "\" has no data.npz");
    return *arrays_;
  }
  std::string group_, id_, folder_;
  Config description_;
  std::optional<NpzFile> arrays_;
};

/// |a - b| <= absolute, or <= relative |expected|
struct Tolerance {
  double relative, absolute;
};
/// Tolerances of one operation or layer in float, in double, and in float after a whole training run.
inline constexpr Tolerance single_precision{1e-5, 1e-6}, double_precision{1e-10, 1e-12}, after_training{1e-4, 1e-6};
/// Tolerance in double if Keras computes partly in float, as with PyTorch's constants and norms: up to ten float
/// rounding errors.
inline constexpr Tolerance float_within_double{6e-7, 2e-8};
/// As above, for sums of such products.
inline constexpr Tolerance float_products_in_double{6e-7, 1e-7};
/// As above, for sums of such sums, over several layers or steps.
inline constexpr Tolerance float_chains_in_double{3e-6, 1e-6};
/// Tolerance of outputs and gradients of whole models in float.
inline constexpr Tolerance whole_model{2e-5, 4e-6};
/// Tolerance of a training run in double compared with one in float, for values of magnitude one.
inline constexpr Tolerance float_training_in_double{1e-4, 1e-5};
template <class S>
inline constexpr Tolerance precision_of = sizeof(S) == sizeof(float) ? single_precision : double_precision;
/// The suffix of arrays that were computed in S: "_f64" for double.
template <class S>
inline constexpr const char* ending_of = sizeof(S) == sizeof(float) ? "" : "_f64";

/// Thrown for a class that lamina does not have.
struct Unsupported {
  std::string what;
};

/// The results of the comparisons of a case.
class Check {
 public:
  explicit Check(const Case& checked) : case_(checked) {}

  /// Prefix of the names of the next comparisons.
  void set_label(std::string label) { label_ = std::move(label); }
  /// Checks that the shapes are equal and every element is within the tolerance; NaN and infinities must be equal.
  /// `exact`: the expected values in double, if known. If large terms cancel, Keras's float results may differ from
  /// them by more than the tolerance. An element also passes if it is within the tolerance of the exact one, and the
  /// expected one is as close to that as Keras's float is to its double in any layer: 8e-6, or 1e-6 of the largest
  /// element.
  void near(const std::string& array, const Tensor<double>& got, const Tensor<double>& expected, Tolerance within,
            const Tensor<double>& exact = {});
  template <class S>
  void near(const std::string& array, const Tensor<S>& got, Tolerance within = precision_of<S>) {
    if (!got.defined()) return fail(array, "got no tensor");
    near(array, got.template cast<double>(), case_.array<double>(array), within);
  }
  /// Checks that |got - expected| <= within.
  void within(const std::string& what, double got, double expected, double within);
  void that(const std::string& what, bool holds, const std::string& otherwise);
  void fail(const std::string& what, const std::string& problem);

  const std::vector<std::string>& failures() const noexcept { return failures_; }
  std::size_t comparisons() const noexcept { return comparisons_; }

 private:
  const Case& case_;
  std::string label_;
  std::vector<std::string> failures_;
  std::size_t comparisons_ = 0;
};

/// Returns `from_config(object)`; throws Unsupported if nothing of this kind has the name of the class.
template <class FromConfig>
auto make_known(const char* kind, const Config& object, const FromConfig& from_config) {
  const std::string& name = object.is_string() ? object.as_string() : object.at("class_name").as_string();
  try {
    return from_config(object);
  } catch (const ValueError& error) {
    const std::string unknown = text("unknown ", kind, " \"", name, "\".");
    if (std::string_view(error.what()).substr(0, unknown.size()) == unknown) throw Unsupported{unknown};
    throw;
  }
}
template <class Family>
auto make(const Config& object) {
  return make_known(Family::kind, object, [](const Config& c) { return Family::Table::from_config(Family::kind, c); });
}
template <class S>
std::shared_ptr<Layer<S>> make_layer(const Config& object) {
  return make_known(detail::is_operation(object) ? "operation" : "layer", object, layer_from_config<S>);
}

/// Calls `run` with the object built from the constructor arguments, and with the one built from Keras's get_config if
/// the case has one.
template <class Run>
void by_constructor_and_config(const Case& c, Check& check, const Config& constructed, const Run& run) {
  run(constructed);
  const Config again = c.object_by_config();
  if (again.is_null()) return;
  check.set_label("by its config, ");
  run(again);
  check.set_label("");
}

template <class Run>
void by_constructor_and_config(const Case& c, Check& check, const Run& run) {
  by_constructor_and_config(c, check, c.object(), run);
}

using RunCase = void (*)(const Case&, Check&);

void run_activation(const Case&, Check&);
void run_initializer(const Case&, Check&);
void run_regularizer(const Case&, Check&);
void run_constraint(const Case&, Check&);
void run_loss(const Case&, Check&);
void run_metric(const Case&, Check&);
void run_optimizer(const Case&, Check&);
void run_schedule(const Case&, Check&);
void run_training(const Case&, Check&);
void run_layer(const Case&, Check&);
void run_model(const Case&, Check&);
void run_random(const Case&, Check&);
void run_file(const Case&, Check&);
void run_file_of_others(const Case&, Check&);
void run_hostile_file(const Case&, Check&);

/// The groups by the names of their folders. A new group consists of a function above, a line here and a source file.
struct Group {
  const char* name;
  RunCase run;  ///< null: the cases count as unsupported
};
inline constexpr Group groups[] = {
    {"activations", run_activation},
    {"initializers", run_initializer},
    {"regularizers", run_regularizer},
    {"constraints", run_constraint},
    {"losses", run_loss},
    {"metrics", run_metric},
    {"optimizers", run_optimizer},
    {"schedules", run_schedule},
    {"layers", run_layer},
    {"models", run_model},
    {"models_keras33", run_model},
    {"random", run_random},
    {"training", run_training},
    {"files", run_file},
    {"real", run_file_of_others},
    {"hostile", run_hostile_file},
};

}  // namespace lamina::conformance
