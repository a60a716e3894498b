#include <lamina/core/tensor_function.hpp>

#include "support/expect.hpp"

using namespace lamina;

namespace {

struct ScaledOptions {
  double factor = 0.5;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("factor", self.factor);
  }
};

/// A function with a name and arguments, which divides by two by default.
struct Scaled {
  using Arguments = ScaledOptions;
  explicit Scaled(ScaledOptions given = {}) : options(given) {}
  static const char* class_name() { return "Scaled"; }
  const ScaledOptions& arguments() const { return options; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return x * static_cast<S>(options.factor);
  }
  ScaledOptions options;
};

using Adapter = detail::AdaptsTensorFunctions;

}  // namespace

TEST(TensorFunction, ComputesInAllItsScalarTypes) {
  const auto both = Adapter::adapt([](const auto& x) { return x + x; });
  EXPECT_TRUE(expect::same(both->for_scalar(0.0F)(Tensor<float>{1}), Tensor<float>{2}));
  EXPECT_TRUE(expect::same(both->for_scalar(0.0)(Tensor<double>{1}), Tensor<double>{2}));
  const auto single = Adapter::adapt([](const Tensor<float>& x) { return x; });
  EXPECT_TRUE(static_cast<bool>(single->for_scalar(0.0F)));
  EXPECT_FALSE(static_cast<bool>(single->for_scalar(0.0)));
}

TEST(TensorFunction, HasAConfigurationIfItHasArguments) {
  const auto scaled = Adapter::adapt(Scaled({.factor = 3}));
  EXPECT_EQ(scaled->class_name(), "Scaled");
  EXPECT_EQ(scaled->get_config().to_string(), "{\"factor\": 3.0}");
  const auto again = detail::TensorFunctionOf<Scaled>::from_config(scaled->get_config());
  EXPECT_TRUE(expect::same(again.for_scalar(0.0)(Tensor<double>{2}), Tensor<double>{6}));
  const auto plain = Adapter::adapt([](const auto& x) { return x; });
  EXPECT_TRUE(expect::error<ValueError>([&] { (void)plain->class_name(); }, {"register_custom_function"}));
}

TEST(TensorFunction, IsResolvedForTheLayersScalar) {
  const Regularizer none, named("l2"), single([](const Tensor<float>& w) { return sum(w); });
  EXPECT_FALSE(static_cast<bool>(detail::resolve_function<float>(none)));
  EXPECT_TRUE(expect::near(detail::resolve_function<double>(named)(Tensor<double>{3, 4}), Tensor<double>(0.25)));
  EXPECT_TRUE(expect::same(detail::resolve_function<float>(single)(Tensor<float>{3, 4}), Tensor<float>(7.F)));
  EXPECT_TRUE(expect::error<ValueError>([&] { detail::resolve_function<double>(single); }, {"scalar type"}));
}

TEST(TensorFunction, IsFoundByTheNameItIsRegisteredUnder) {
  register_custom_function<Scaled>("Scaled");
  const Constraint constraint(std::string("Scaled"));
  EXPECT_TRUE(expect::same(detail::resolve_function<double>(constraint)(Tensor<double>{2}), Tensor<double>{1}));
  EXPECT_EQ(constraint.to_config().at("config").at("factor").as_real(), 0.5);
}
