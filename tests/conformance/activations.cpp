#include "case.hpp"

namespace lamina::conformance {

namespace {

template <class S>
void compare(const Case& c, Check& check, const Activation<S>& f) {
  const std::string y = std::string("y") + ending_of<S>, dx = std::string("dx") + ending_of<S>;
  if (!c.contains(y)) return;
  Tensor<S> x = c.array<S>("x");
  check.near(y, f(x));
  if (c.contains(dx)) {
    GradientTape<S> tape;
    tape.watch(x);
    const bool sixths = std::is_same_v<S, double> && f.name() == "hard_sigmoid";  // PyTorch rounds 1/6 to float
    check.near(dx, tape.gradient(sum(f(x) * c.array<S>("r")), x), sixths ? float_within_double : precision_of<S>);
  }
  // These were computed in float, which is too inexact: squareplus(-10000) is 0 in float and 0.000025 in double.
  for (const std::string points : {"_kink", "_extreme"})
    if (std::is_same_v<S, float> && c.contains("y" + points)) {
      const Tensor<S> special = f(c.array<S>("x" + points));
      check.near("y" + points, special, single_precision);
    }
}

template <class S>
void run(const Case& c, Check& check) {
  const std::string& name = c.description().at("name").as_string();
  const Config arguments = c.arguments("kwargs");
  const Config config = arguments.size() == 0 ? Config(name) : named_config(name, arguments);
  const auto f = [&] {
    try {
      return Activation<S>::from_config(config);
    } catch (const ValueError& error) {
      const std::string unknown = text("unknown activation \"", name, "\".");
      if (std::string_view(error.what()).substr(0, unknown.size()) == unknown) throw Unsupported{unknown};
      throw;
    }
  }();
  compare(c, check, f);
  if (arguments.size() > 0) {
    check.set_label("read back, ");
    compare(c, check, Activation<S>::from_config(f.to_config()));
    check.set_label("");
  } else if (const Config* serialized = c.description().find("serialized_name")) {
    check.that("configuration", f.to_config() == *serialized, text("got ", f.to_config(), ", expected ", *serialized));
  }
}

}  // namespace

void run_activation(const Case& c, Check& check) {
  run<float>(c, check);
  run<double>(c, check);
}

}  // namespace lamina::conformance
