// Jacobians, Hessians and Hessian-vector products, by GradientTape and by functions.
#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;

/// Returns the Jacobian of f by central differences, column by column.
template <class F>
Tensor<double> differences(const F& f, const Tensor<double>& x) {
  const double h = 1e-5;
  const Tensor<double> y = f(x);
  Shape shape = y.shape();
  for (const Index n : x.shape()) shape.push_back(n);
  Tensor<double> result = Tensor<double>::zeros(shape);
  for (Index j = 0; j < x.size(); ++j) {
    Tensor<double> up = x.copy(), down = x.copy();
    up.mutable_data()[j] += h;
    down.mutable_data()[j] -= h;
    const Tensor<double> right = f(up), left = f(down);
    for (Index i = 0; i < y.size(); ++i) result.mutable_data()[i * x.size() + j] = (right[i] - left[i]) / (2 * h);
  }
  return result;
}

TEST(Jacobian, OfAnElementWiseFunctionIsDiagonal) {
  const Tensor<double> x{1.0, -2.0, 3.0};
  EXPECT_TRUE(tensors_near(jacobian([](const auto& t) { return square(t); }, x),
                           Tensor<double>{{2.0, 0.0, 0.0}, {0.0, -4.0, 0.0}, {0.0, 0.0, 6.0}}, 0));
}

TEST(Jacobian, OfAProductIsTheOtherFactor) {
  const Tensor<double> a = random_tensor<double>({3, 2}, 1), x = random_tensor<double>({2, 4}, 2);
  const Tensor<double> j = jacobian([&](const auto& t) { return matmul(a, t); }, x);
  ASSERT_EQ(j.shape(), Shape({3, 4, 2, 4}));
  for (Index i = 0; i < 3; ++i)
    for (Index k = 0; k < 4; ++k)
      for (Index l = 0; l < 2; ++l)
        for (Index m = 0; m < 4; ++m) EXPECT_EQ(j(i, k, l, m), k == m ? a(i, l) : 0.0);
}

TEST(Jacobian, AgreesWithDifferences) {
  const auto f = [](const Tensor<double>& x) {
    return tanh(matmul(x, Tensor<double>{{0.5, -1.0, 2.0}, {1.5, 0.25, -0.5}})) * sum(square(x));
  };
  const Tensor<double> x = random_tensor<double>({2, 2}, 3);
  EXPECT_TRUE(tensors_near(jacobian(f, x), differences(f, x), 1e-8));
}

TEST(Jacobian, OfOneNumberIsTheGradient) {
  const Tensor<float> x{1, 2, 3};
  EXPECT_TRUE(tensors_equal(jacobian([](const auto& t) { return sum(t * t); }, x), Tensor<float>{2, 4, 6}));
  EXPECT_TRUE(tensors_equal(jacobian([](const auto& t) { return t * t; }, Tensor<float>(3)), Tensor<float>(6)));
}

TEST(Jacobian, WithRespectToAVariable) {
  const Variable<double> w(Tensor<double>{2.0, 5.0});
  const Tensor<double> expected{{4.0, 0.0}, {0.0, 10.0}};
  EXPECT_TRUE(tensors_equal(jacobian([&] { return w * w; }, w), expected));
  GradientTape<double> tape;
  EXPECT_TRUE(tensors_equal(tape.jacobian(w * w, w), expected));
}

TEST(Jacobian, OfSeveralSourcesAtOnce) {
  std::vector<Tensor<double>> x{Tensor<double>{1.0, 2.0}, Tensor<double>{{3.0}, {4.0}}, Tensor<double>{7.0}};
  GradientTape<double> tape;
  for (Tensor<double>& t : x) tape.watch(t);
  const auto all = tape.jacobian(matmul(reshape(x[0], {1, 2}), x[1]) * x[0], x);
  EXPECT_TRUE(tensors_equal(all[0], Tensor<double>{{{14.0, 4.0}, {6.0, 19.0}}}));
  EXPECT_TRUE(tensors_equal(all[1], reshape(Tensor<double>{{1.0, 2.0}, {2.0, 4.0}}, {1, 2, 2, 1})));
  EXPECT_FALSE(all[2].defined()) << "the target does not depend on it";
}

TEST(Jacobian, IsZeroForUnusedSources) {
  Tensor<double> x{1.0, 2.0};
  GradientTape<double> tape;
  tape.watch(x);
  EXPECT_FALSE(tape.jacobian(Tensor<double>{3.0}, x).defined());
  EXPECT_TRUE(tensors_equal(jacobian([](const auto&) { return Tensor<double>{3.0}; }, x), Tensor<double>{{0.0, 0.0}}));
}

TEST(Jacobian, OfEmptyTensorsHasTheRightShape) {
  Tensor<double> x{1.0, 2.0};
  EXPECT_EQ(jacobian([](const auto& t) { return slice(t, {0}, {0}); }, x).shape(), Shape({0, 2}));
  EXPECT_EQ(jacobian([](const auto& t) { return sum(t, {.keepdims = true}); }, Tensor<double>::zeros({0})).shape(),
            Shape({1, 0}));
}

TEST(Jacobian, UsesANonPersistentTapeOnce) {
  Tensor<double> x{1.0, 2.0};
  GradientTape<double> tape, persistent({.persistent = true});
  tape.watch(x);
  const Tensor<double> y = x * x;
  EXPECT_EQ(persistent.jacobian(y, x).shape(), Shape({2, 2}));
  EXPECT_EQ(persistent.gradient(y, x).shape(), Shape({2}));
  EXPECT_EQ(tape.jacobian(y, x).shape(), Shape({2, 2}));
  EXPECT_TRUE(raises<StateError>([&] { tape.jacobian(y, x); }, {"persistent"}));
}

TEST(Jacobian, TooManyAxesAreAnError) {
  const Tensor<double> x = Tensor<double>::ones({1, 1, 1, 1, 1});
  EXPECT_TRUE(raises<ShapeError>([&] { jacobian([](const auto& t) { return t * t; }, x); },
                                 {"jacobian", "(1, 1, 1, 1, 1)", "more than 8 axes"}));
}

TEST(Jacobian, CanBeDifferentiated) {
  const auto f = [](const Tensor<double>& x) { return matmul(tanh(x), Tensor<double>{{0.5, -1.0}, {1.5, 0.25}}) * x; };
  EXPECT_TRUE(check_gradient([&](const auto& x) { return jacobian(f, x); }, {random_tensor<double>({2, 2}, 4)},
                             {.second_order = true}));
}

TEST(Jacobian, CapturedTensorsAreConstants) {
  Tensor<double> x{2.0};
  GradientTape<double> tape;
  tape.watch(x);
  // d(t x)/dt at t = x is x, not 2 x, although t and x have the same value.
  const Tensor<double> j = jacobian([&](const auto& t) { return t * x; }, x);
  EXPECT_TRUE(tensors_equal(j, Tensor<double>{{2.0}}));
  EXPECT_TRUE(tensors_equal(tape.gradient(j, x), Tensor<double>{1.0}));
}

TEST(BatchJacobian, IsTheJacobianOfEverySample) {
  const auto f = [](const Tensor<double>& x) {
    return tanh(matmul(x, Tensor<double>{{0.5, -1.0, 2.0}, {1.5, 0.25, -0.5}}));
  };
  const Tensor<double> x = random_tensor<double>({4, 2}, 5);
  const auto by_sample = [&](Tensor<double> t) {
    GradientTape<double> tape;
    tape.watch(t);
    const Tensor<double> y = f(t);
    return tape.batch_jacobian(y, t);
  };
  const Tensor<double> j = by_sample(x);
  ASSERT_EQ(j.shape(), Shape({4, 3, 2}));
  for (Index b = 0; b < 4; ++b)
    EXPECT_TRUE(tensors_near(j.rows_view(b, b + 1), reshape(jacobian(f, x.rows_view(b, b + 1)), {1, 3, 2}), 1e-14));
  EXPECT_TRUE(check_gradient(by_sample, {x}, {.second_order = true}));
  EXPECT_EQ(by_sample(Tensor<double>::zeros({0, 2})).shape(), Shape({0, 3, 2}));
}

TEST(BatchJacobian, RequiresABatchAxisInBoth) {
  Tensor<double> x = Tensor<double>::ones({2, 3});
  GradientTape<double> tape;
  tape.watch(x);
  EXPECT_TRUE(raises<ShapeError>([&] { tape.batch_jacobian(sum(x), x); }, {"batch_jacobian", "()", "(2, 3)"}));
  EXPECT_TRUE(raises<ShapeError>([&] { tape.batch_jacobian(slice(x, {0, 0}, {1, 3}), x); }, {"(1, 3)", "(2, 3)"}));
}

TEST(Hessian, OfAQuadraticFormIsItsMatrix) {
  const Tensor<double> a{{2.0, -1.0, 0.5}, {3.0, 4.0, 0.0}, {1.5, 2.0, -6.0}};
  const auto form = [&](const auto& x) { return matmul(matmul(reshape(x, {1, 3}), a), reshape(x, {3, 1})); };
  EXPECT_TRUE(tensors_near(hessian(form, Tensor<double>{1.0, 2.0, 3.0}), a + transpose(a), 1e-14));
}

TEST(Hessian, AgreesWithDifferencesOfTheGradient) {
  const auto f = [](const Tensor<double>& x) { return sum(exp(x * sum(x)) + tanh(x)); };
  const Tensor<double> x = random_tensor<double>({2, 2}, 6, -0.5, 0.5);
  const auto gradient = [&](const Tensor<double>& at) { return jacobian(f, at); };
  const Tensor<double> h = hessian(f, x);
  EXPECT_EQ(h.shape(), Shape({2, 2, 2, 2}));
  EXPECT_TRUE(tensors_near(h, differences(gradient, x), 1e-8));
  EXPECT_TRUE(check_gradient([&](const auto& t) { return hessian(f, t); }, {x}));
}

TEST(Hessian, WithRespectToAVariable) {
  const Variable<double> w(Tensor<double>{1.0, 2.0});
  EXPECT_TRUE(tensors_near(hessian([&] { return sum(w * w * w) + sum(w); }, w), Tensor<double>{{6.0, 0.0}, {0.0, 12.0}},
                           1e-14));
}

TEST(Hessian, OfALinearFunctionIsZero) {
  const Tensor<double> x{1.0, 2.0}, zeros = Tensor<double>::zeros({2, 2});
  EXPECT_TRUE(tensors_equal(hessian([](const auto& t) { return sum(t * 3); }, x), zeros));
  EXPECT_TRUE(tensors_equal(hessian([](const auto&) { return Tensor<double>(3.0); }, x), zeros));
  const Variable<double> w(x);
  EXPECT_TRUE(tensors_equal(hessian([&] { return sum(w * 3); }, w), zeros));
  EXPECT_TRUE(tensors_equal(hessian([] { return Tensor<double>(1.0); }, w), zeros));
}

TEST(Hessian, RequiresAScalarFunction) {
  const Tensor<double> x{1.0, 2.0};
  const auto vector = [](const auto& t) { return t * t; };
  EXPECT_TRUE(raises<ShapeError>([&] { hessian(vector, x); }, {"hessian", "one number", "(2,)", "jacobian"}));
  EXPECT_TRUE(raises<ShapeError>([&] { hessian_vector_product(vector, x, x); }, {"hessian_vector_product", "(2,)"}));
}

TEST(HessianVectorProduct, IsTheHessianTimesTheVector) {
  const auto f = [](const Tensor<double>& x) { return sum(exp(x * sum(x)) + tanh(x)); };
  const Tensor<double> x = random_tensor<double>({2, 3}, 7, -0.5, 0.5), v = random_tensor<double>({2, 3}, 8);
  const Tensor<double> product = hessian_vector_product(f, x, v);
  const Tensor<double> expected = matmul(reshape(hessian(f, x), {6, 6}), reshape(v, {6, 1}));
  EXPECT_TRUE(tensors_near(product, reshape(expected, {2, 3}), 1e-13));
  EXPECT_TRUE(check_gradient([&](const auto& a, const auto& b) { return hessian_vector_product(f, a, b); }, {x, v},
                             {.second_order = true}));
}

TEST(HessianVectorProduct, WithRespectToTheVariablesOfAModel) {
  const Sequential<double> model{Dense<double>(4, "tanh"), Dense<double>(3, "relu"), Dense<double>(1, "sigmoid")};
  const Tensor<double> x = random_tensor<double>({5, 2}, 9), y = random_tensor<double>({5, 1}, 10);
  const MeanSquaredError<double> mse;
  const auto loss = [&] { return mse(y, model(x)); };
  loss();
  const auto variables = model.trainable_variables();
  std::vector<Tensor<double>> v;
  for (const auto& w : variables) v.push_back(random_tensor<double>(w.shape(), 20 + v.size()));
  const auto products = hessian_vector_product(loss, variables, v);

  const auto gradients_at = [&](double step) {
    for (std::size_t i = 0; i < v.size(); ++i) variables[i].assign_add(v[i] * step);
    GradientTape<double> tape;
    auto gradients = tape.gradient(loss(), variables);
    for (std::size_t i = 0; i < v.size(); ++i) variables[i].assign_add(v[i] * -step);
    return gradients;
  };
  const auto right = gradients_at(1e-5), left = gradients_at(-1e-5);
  ASSERT_EQ(products.size(), variables.size());
  for (std::size_t i = 0; i < v.size(); ++i) {
    EXPECT_TRUE(tensors_near(products[i], (right[i] - left[i]) / 2e-5, 1e-8)) << variables[i].path();
    EXPECT_GT(sum(abs(products[i])).item(), 1e-4) << variables[i].path();
  }
}

TEST(HessianVectorProduct, IsZeroForUnusedVariablesAndLinearLosses) {
  const Variable<double> a(Tensor<double>{1.0, 2.0}), b(Tensor<double>{3.0}), c(Tensor<double>(4.0));
  const auto products = hessian_vector_product([&] { return sum(a * a * a) + sum(b); }, std::vector{a, b, c},
                                               {Tensor<double>{1.0, 1.0}, Tensor<double>{1.0}, Tensor<double>(1.0)});
  EXPECT_TRUE(tensors_near(products[0], Tensor<double>{6.0, 12.0}, 1e-14));
  EXPECT_TRUE(tensors_equal(products[1], Tensor<double>{0.0}));
  EXPECT_TRUE(tensors_equal(products[2], Tensor<double>(0.0)));
}

TEST(HessianVectorProduct, AVectorOfAnotherShapeIsAnError) {
  const Tensor<double> x{1.0, 2.0};
  const Variable<double> w(x);
  EXPECT_TRUE(raises<ShapeError>(
      [&] { hessian_vector_product([](const auto& t) { return sum(t * t); }, x, Tensor<double>{1.0}); },
      {"hessian_vector_product", "(1,)", "(2,)"}));
  const auto loss = [&] { return sum(w * w); };
  EXPECT_TRUE(raises<ShapeError>([&] { hessian_vector_product(loss, std::vector{w}, {Tensor<double>{1.0}}); },
                                 {"hessian_vector_product", "(1,)", "(2,)"}));
  EXPECT_TRUE(raises<ValueError>(
      [&] {
        hessian_vector_product(loss, std::vector{w}, {x, x});
      },
      {"1 variables", "got 2"}));
}

TEST(GradientTapeOfSeveralTargets, AddsThemUp) {
  Tensor<double> x{1.0, 2.0};
  const Variable<double> w(Tensor<double>{3.0, 4.0});
  GradientTape<double> tape({.persistent = true});
  tape.watch(x);
  const Tensor<double> a = x * w, b = x * x, unknown{1.0};
  const std::vector<Tensor<double>> sources{x};
  EXPECT_TRUE(tensors_equal(tape.gradient(std::vector{a, b}, sources)[0], Tensor<double>{5.0, 8.0}));
  EXPECT_TRUE(tensors_equal(tape.gradient(std::vector{a, a, x}, sources)[0], Tensor<double>{7.0, 9.0}));
  EXPECT_TRUE(
      tensors_equal(tape.gradient(std::vector{a, b, unknown, Tensor<double>()}, sources,
                                  {Tensor<double>{10.0, 10.0}, Tensor<double>(), unknown, Tensor<double>{1.0}})[0],
                    Tensor<double>{32.0, 44.0}));
  EXPECT_TRUE(tensors_equal(tape.gradient(std::vector{a, b}, std::vector{w})[0], Tensor<double>{1.0, 2.0}));
  EXPECT_FALSE(tape.gradient(std::vector{b}, std::vector{w})[0].defined());
  EXPECT_TRUE(raises<ValueError>([&] { tape.gradient(std::vector{a, b}, sources, {a}); }, {"2 targets", "got 1"}));
  EXPECT_TRUE(raises<ShapeError>([&] { tape.gradient(std::vector{a, b}, sources, {a, unknown}); }, {"(1,)", "(2,)"}));
}

// Fused second derivatives, differentiated a third time.
TEST(ThirdDerivatives, OfFusedGradients) {
  const auto slope = [](const auto& f) {
    return [&f](const Tensor<double>& x) {
      Tensor<double> in = x;
      GradientTape<double> tape;
      tape.watch(in);
      return tape.gradient(f(in), in, x + 2);
    };
  };
  const Tensor<double> x = random_tensor<double>({17}, 11);
  const auto check = [&](const auto& f) { return check_gradient(slope(f), {x}, {.second_order = true}); };
  EXPECT_TRUE(check([](const auto& t) { return tanh(t); }));
  EXPECT_TRUE(check([](const auto& t) { return sigmoid(t); }));
  EXPECT_TRUE(check([](const auto& t) { return square(t); }));
  EXPECT_TRUE(check([](const auto& t) { return relu(t) * t * t; }));
  const Variable<double> w(random_tensor<double>({17, 5}, 12)), b(random_tensor<double>({5}, 13));
  EXPECT_TRUE(check([&](const auto& t) {
    const Tensor<double> h = detail::dense<double>(reshape(t, {1, 17}), w, b, true);
    return t * sum(h * h * h);
  }));
}

}  // namespace
}  // namespace lamina
