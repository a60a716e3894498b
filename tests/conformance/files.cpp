// Model files that Keras wrote: their models, loaded, saved and loaded again, and trained on; files of others; hostile files.
#include "files.hpp"

#ifdef LAMINA_HAVE_KERAS_FILES

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <type_traits>

#include "json.hpp"
#include "lamina/io/keras.hpp"
#include "lamina/models/load_model.hpp"
#include "trained.hpp"

namespace lamina::conformance {

namespace {

/// A new folder, which the destructor removes.
class Scratch {
 public:
  explicit Scratch(const Case& c)
      : path_(std::filesystem::temp_directory_path() / ("lamina_conformance_" + c.group() + "_" + c.id())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Registers the function of Keras's side, "oracle>scaled_tanh".
void register_scaled_tanh() {
  register_lambda("oracle>scaled_tanh", [](const auto& x, const Config& arguments) {
    using S = typename std::decay_t<decltype(x)>::scalar_type;
    return tanh(x) * static_cast<S>(arguments.at("factor").as_real());
  });
}

std::string path_of(const Case& c, const std::string& file) { return c.folder() + "/" + file; }
bool has_file(const Case& c, const std::string& file) { return std::filesystem::exists(path_of(c, file)); }

/// Returns the model of architecture.json, built.
std::shared_ptr<Model<float>> model_of_architecture(const Case& c) {
  return std::static_pointer_cast<Model<float>>(model_from_config<float>(read_json(path_of(c, "architecture.json"))));
}

/// Returns the model of a file: by load_model, or by load_weights into the model of architecture.json.
std::shared_ptr<Model<float>> load_file(const Case& c, const std::string& file) {
  if (!file.ends_with(".weights.h5")) return load_model<float>(path_of(c, file));
  const std::shared_ptr<Model<float>> model = model_of_architecture(c);
  model->load_weights(path_of(c, file));
  return model;
}

bool same_bits(const Tensor<float>& a, const Tensor<float>& b) {
  return a.shape() == b.shape() &&
         (a.size() == 0 || std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0);
}
void expect_same_bits(Check& check, const std::string& what, const std::vector<Tensor<float>>& got,
                      const std::vector<Tensor<float>>& expected) {
  check.that(what, got.size() == expected.size(), text("got ", got.size(), " tensors, expected ", expected.size()));
  for (std::size_t i = 0; i < std::min(got.size(), expected.size()); ++i)
    check.that(text(what, " ", i), same_bits(got[i], expected[i]), "differs");
}

/// Returns the inputs of a case: the arrays x0, x1 and so on, or x, or those of the training.
std::vector<Tensor<float>> inputs_of(const Case& c) {
  if (c.contains("x")) return {c.array<float>("x")};
  for (const char* prefix : {"x", "fit_x"})
    if (c.contains(text(prefix, 0))) return list_of<float>(c, prefix).tensors();
  return {};
}

/// Compares the weights, to the bit, and the outputs; returns these.
std::vector<Tensor<float>> compare_model_of_file(const Case& c, Check& check, Model<float>& model) {
  std::vector<Tensor<float>> expected;
  for (std::size_t i = 0; c.contains(text("w", i)); ++i) expected.push_back(c.array<float>(text("w", i)));
  // Large weights are left out.
  if (!expected.empty() || model.get_weights().empty())
    expect_same_bits(check, "weights", model.get_weights(), expected);
  const std::vector<Tensor<float>> inputs = inputs_of(c);
  if (inputs.empty()) return {};
  const std::vector<Tensor<float>> outputs = model.apply(inputs);
  const char* prefix = c.contains("y0") ? "y" : "predict";
  for (std::size_t i = 0; i < outputs.size(); ++i) check.near(text(prefix, i), outputs[i], whole_model);
  return outputs;
}

std::vector<Tensor<float>> values_of(const std::vector<Variable<float>>& variables) {
  std::vector<Tensor<float>> values;
  for (const Variable<float>& v : variables) values.push_back(v.value().detached());
  return values;
}

/// The members of an archive are equal; only the date in metadata.json may differ.
void expect_same_archive(Check& check, const std::string& first, const std::string& second) {
  check.that("the size of the file", std::filesystem::file_size(first) == std::filesystem::file_size(second),
             "differs");
  const detail::ZipArchive a(first, first), b(second, second);
  for (const char* member : {"config.json", "model.weights.h5"})
    check.that(member, a.read(member, ~std::uint64_t{0}) == b.read(member, ~std::uint64_t{0}),
               "differs when saved again");
}

/// Saves a model, and returns the model of that file.
std::shared_ptr<Model<float>> saved_and_loaded(Check& check, Model<float>& model, const Scratch& scratch) {
  model.save(scratch.file("saved.keras"));
  std::shared_ptr<Model<float>> again = load_model<float>(scratch.file("saved.keras"));
  again->save(scratch.file("again.keras"));
  expect_same_archive(check, scratch.file("saved.keras"), scratch.file("again.keras"));
  return again;
}

/// What is loaded from a saved model has the same weights, outputs and state of the optimizer, to the bit. `outputs`: the first
/// ones of the model; a stateful layer continues from them.
void compare_saved(const Case& c, Check& check, Model<float>& model, const std::vector<Tensor<float>>& outputs) {
  const Scratch scratch(c);
  const std::shared_ptr<Model<float>> again = saved_and_loaded(check, model, scratch);
  expect_same_bits(check, "weights", again->get_weights(), model.get_weights());
  if (const std::vector<Tensor<float>> inputs = inputs_of(c); !inputs.empty())
    expect_same_bits(check, "outputs", again->apply(inputs), outputs);
  check.that("compiled", again->compiled() == model.compiled(), text("got ", again->compiled()));
  if (!model.compiled() || !again->compiled()) return;
  const Optimizer<float>&got = again->optimizer(), &expected = model.optimizer();
  check.that("steps", got.steps() == expected.steps(), text("got ", got.steps(), ", expected ", expected.steps()));
  check.that("learning rate", got.learning_rate() == expected.learning_rate(), text("got ", got.learning_rate()));
  expect_same_bits(check, "state of the optimizer", values_of(got.variables()), values_of(expected.variables()));
}

/// Five epochs of one batch: returns the losses.
std::vector<double> go_on(const Case& c, Model<float>& model) {
  const Config& fit = c.description().at("fit");
  const History history = model.fit(list_of<float>(c, "fit_x"), list_of<float>(c, "fit_y"),
                                    {.batch_size = fit.at("batch_size").as_integer<Index>(),
                                     .epochs = fit.at("epochs_after").as_integer<Index>(),
                                     .verbose = 0,
                                     .shuffle = fit.at("shuffle").as_bool()});
  return history["loss"];
}

/// Compares the state of an optimizer with Keras's variables, opt0 and so on: the iteration, the learning rate unless it is a
/// schedule, and the variables; of an optimizer that wraps another one, an unused iteration and learning rate and its own
/// variables come first.
void compare_state(const Case& c, Check& check, const Optimizer<float>& optimizer) {
  std::size_t at = 0;
  const auto next = [&](const Tensor<float>& value) {
    const std::string array = text("opt", at++);
    check.that(array, c.contains(array) && same_bits(value, c.array<float>(array)), text("differs from ", value));
  };
  const std::vector<Tensor<float>> state = values_of(optimizer.variables());
  std::size_t own = 0;
  if (const Optimizer<float>* inner = optimizer.inner_optimizer().get()) {
    own = state.size() - inner->variables().size();
    next(Tensor<float>(0.0F));
    next(Tensor<float>(0.0F));
    for (std::size_t i = 0; i < own; ++i) next(state[i]);
  }
  next(Tensor<float>(static_cast<float>(optimizer.steps())));
  if (optimizer.has_constant_learning_rate()) next(Tensor<float>(static_cast<float>(optimizer.learning_rate())));
  for (std::size_t i = own; i < state.size(); ++i) next(state[i]);
  check.that("state of the optimizer", !c.contains(text("opt", at)), "the file has more variables");
}

/// The training that stopped when the file was written goes on: as Keras's own, within 1e-5; and from lamina's file as if it had
/// never stopped.
void compare_training_that_goes_on(const Case& c, Check& check, const std::string& file) {
  const std::shared_ptr<Model<float>> model = load_file(c, file);
  check.that("compiled", model->compiled(), "the model is not compiled");
  if (!model->compiled()) return;
  compare_model_of_file(c, check, *model);
  compare_state(c, check, model->optimizer());

  const Scratch scratch(c);
  const std::shared_ptr<Model<float>> again = saved_and_loaded(check, *model, scratch);
  const std::vector<double> losses = go_on(c, *model), losses_again = go_on(c, *again);
  check.that("losses after saving and loading", losses == losses_again, "differ");
  expect_same_bits(check, "weights after saving, loading and training", again->get_weights(), model->get_weights());

  const Tensor<double> expected = c.array<double>("after_loss");
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const double loss = expected[static_cast<Index>(i)];
    check.within(text("after_loss ", i), losses[i], loss, 1e-5 * std::abs(loss));
  }
  const std::vector<Tensor<float>> weights = model->get_weights();
  for (std::size_t i = 0; i < weights.size(); ++i) check.near(text("w", i, "_after"), weights[i], {1e-3, 1e-5});
}

}  // namespace

void compare_files(const Case& c, Check& check) {
  register_scaled_tanh();
  for (const char* file : {"model.keras", "model.h5", "model.weights.h5"}) {
    if (!has_file(c, file)) continue;
    check.set_label(text(file, ", "));
    const std::shared_ptr<Model<float>> model = load_file(c, file);
    const std::vector<Tensor<float>> outputs = compare_model_of_file(c, check, *model);
    if (std::string_view(file) != "model.keras") continue;
    check.set_label("saved and loaded, ");
    compare_saved(c, check, *model, outputs);
  }
  check.set_label("");
}

void run_file(const Case& c, Check& check) {
  if (c.description().at("kind").as_string() != "file_training") return compare_files(c, check);
  for (const char* file : {"model.keras", "model_other_backend.keras"}) {
    if (!has_file(c, file)) continue;
    check.set_label(text(file, ", "));
    compare_training_that_goes_on(c, check, file);
  }
  // Keras does not store the compiled state in the legacy format as in the other.
  if (!has_file(c, "model.h5")) return;
  check.set_label("model.h5, ");
  compare_model_of_file(c, check, *load_model<float>(path_of(c, "model.h5"), {.compile = false}));
}

void run_file_of_others(const Case& c, Check& check) {
  const std::string file = c.description().at("file").as_string();
  if (c.description().at("expect").as_string() == "load") {
    const std::shared_ptr<Model<float>> model = load_model<float>(path_of(c, file), {.compile = false});
    const std::vector<Tensor<float>> outputs = compare_model_of_file(c, check, *model);
    check.set_label("saved and loaded, ");
    return compare_saved(c, check, *model, outputs);
  }
  std::string error;
  try {
    load_model<float>(path_of(c, file));
  } catch (const IoError& e) {
    error = e.what();
  }
  check.that("error", error.find(file) != std::string::npos,
             text("got \"", error, "\", expected one that names the file"));
}

void run_hostile_file(const Case& c, Check& check) {
  const Config& d = c.description();
  const Config* form = d.find("form");
  if (form == nullptr || !form->is_string()) throw Unsupported{"the format of this file."};
  const std::string file = d.at("file").as_string(), expect = d.at("expect").as_string();
  const bool weights_only = form->as_string() == "weights";
  std::shared_ptr<Model<float>> model = weights_only ? model_of_architecture(c) : nullptr;
  std::vector<Tensor<float>> before;
  if (weights_only)
    for (const Tensor<float>& w : model->get_weights()) before.push_back(w.copy());
  std::string error;
  try {
    if (weights_only)
      model->load_weights(path_of(c, file));
    else
      model = load_model<float>(path_of(c, file));
  } catch (const IoError& e) {
    error = e.what();
  } catch (const ValueError& e) {
    error = e.what();
  }
  if (expect == "refuse") check.that("file", !error.empty(), "was loaded, expected an error");
  if (expect == "load") check.that("file", error.empty(), text("expected to load, got ", error));
  if (!error.empty()) {
    check.that("error", error.find(file) != std::string::npos,
               text("got \"", error, "\", expected one that names the file"));
    if (weights_only) expect_same_bits(check, "weights after the error", model->get_weights(), before);
  } else if (c.contains("y")) {
    // lamina computes in float what Keras computes in bfloat16.
    const Config* dtype = d.at("keras").find("output_dtype");
    const bool coarse = dtype != nullptr && dtype->is_string() && dtype->as_string() == "bfloat16";
    check.near("y", model->apply(inputs_of(c)).front(), coarse ? Tolerance{8e-3, 8e-3} : whole_model);
  } else {
    check.that("weights", !model->get_weights().empty(), "the model has none");
  }
}

}  // namespace lamina::conformance

#else

namespace lamina::conformance {

void compare_files(const Case&, Check&) {}
void run_file(const Case&, Check&) { throw Unsupported{"files of Keras, without HDF5 and libzip."}; }
void run_file_of_others(const Case& c, Check& check) { run_file(c, check); }
void run_hostile_file(const Case& c, Check& check) { run_file(c, check); }

}  // namespace lamina::conformance

#endif
