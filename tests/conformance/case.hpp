#pragma once
#include <functional>
#include <string>
#include <vector>

#include "lamina/data/npz.hpp"
#include "lamina/lamina.hpp"

// What the groups share: a case that Keras computed, and the check of one.

namespace lamina::conformance {

/// A case: a folder with `case.json` and `data.npz`.
class Case {
 public:
  Case(std::string group, std::string id, const std::string& folder);

  const std::string& group() const noexcept { return group_; }
  const std::string& id() const noexcept { return id_; }
  const std::string& folder() const noexcept { return folder_; }
  /// The whole of `case.json`.
  const Config& description() const noexcept { return description_; }
  /// The arguments as they were given, with what stands for other things made to what `from_config` takes: ["Name",
  /// {...}] is an object, "array:NAME" an array of `data.npz`.
  Config constructor() const { return arguments("constructor"); }
  Config arguments(const char* member) const;
  /// {"class_name": ..., "config": ...} by the constructor's arguments.
  Config object() const { return named_config(description_.at("class_name").as_string(), constructor()); }
  /// The same by Keras's get_config; null where the case has none, or it lacks an argument that was given.
  Config object_by_config() const;

  bool contains(const std::string& array) const { return arrays_.contains(array); }
  const std::vector<std::string>& arrays() const noexcept { return arrays_.names(); }
  template <class S>
  Tensor<S> array(const std::string& name) const {
    return arrays_.read<S>(name);
  }
  /// An array where there is one, undefined otherwise.
  template <class S>
  Tensor<S> array_if_any(const std::string& name) const {
    return contains(name) ? array<S>(name) : Tensor<S>();
  }
  /// Whether Keras's versions disagree about an array.
  bool is_disputed(const std::string& array) const;
  /// What stands for other things made to what `from_config` takes.
  Config resolved(const Config& config) const;

 private:
  std::string group_, id_, folder_;
  Config description_;
  NpzFile arrays_;
};

/// |a - b| <= absolute, or <= relative |expected|
struct Tolerance {
  double relative, absolute;
};
/// What arithmetic in float warrants for one operation or layer; in double; in float after a whole training run.
inline constexpr Tolerance single_precision{1e-5, 1e-6}, double_precision{1e-10, 1e-12}, after_training{1e-4, 1e-6};
/// In double where Keras's own arithmetic passes through float, as PyTorch's constants and norms do: float's rounding,
/// up to ten steps of it.
inline constexpr Tolerance float_within_double{6e-7, 2e-8};
/// The same of sums of such products.
inline constexpr Tolerance float_products_in_double{6e-7, 1e-7};
/// The same where such sums are taken of such sums, layers or steps deep.
inline constexpr Tolerance float_chains_in_double{3e-6, 1e-6};
/// Outputs and gradients of whole models in float, layers deep.
inline constexpr Tolerance whole_model{2e-5, 4e-6};
/// In double against a whole training run in float: what rounding adds up to in numbers of about one.
inline constexpr Tolerance float_training_in_double{1e-4, 1e-5};
template <class S>
inline constexpr Tolerance precision_of = sizeof(S) == sizeof(float) ? single_precision : double_precision;
/// How arrays that were computed in S end: "_f64" in double.
template <class S>
inline constexpr const char* ending_of = sizeof(S) == sizeof(float) ? "" : "_f64";

/// A class that the library does not have.
struct Unsupported {
  std::string what;
};

/// What one case's comparisons find.
class Check {
 public:
  explicit Check(const Case& checked) : case_(checked) {}

  /// Put before the names of what is compared next.
  void set_label(std::string label) { label_ = std::move(label); }
  /// The same shape, and every element within the tolerance; numbers that are not finite must be the same. `exact`: the
  /// same in double, where it is known. What Keras computed in float can be further from it than the tolerance, where
  /// large terms cancel; an element is right, too, if it is within the tolerance of the exact one, and what is expected
  /// is as near to that as Keras's float is to its double in any layer: 8e-6, or 1e-6 of the largest element.
  void near(const std::string& array, const Tensor<double>& got, const Tensor<double>& expected, Tolerance within,
            const Tensor<double>& exact = {});
  template <class S>
  void near(const std::string& array, const Tensor<S>& got, Tolerance within = precision_of<S>) {
    if (!got.defined()) return fail(array, "got no tensor");
    near(array, got.template cast<double>(), case_.array<double>(array), within);
  }
  /// |got - expected| <= within
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

/// What `from_config(object)` makes; `Unsupported` where nothing of this kind has the class's name.
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

/// Calls `run` with the object by the constructor's arguments, and with that by Keras's get_config where there is one.
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

/// The groups by the names of their folders. A new one is a function above, a line here, and a source file.
struct Group {
  const char* name;
  RunCase run;  ///< null: its cases count as unsupported
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
};

}  // namespace lamina::conformance
