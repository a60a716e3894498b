// Masking, EinsumDense, Normalization, CategoryEncoding, Discretization, Resizing and CenterCrop.
#include "support/check_layer.hpp"

using namespace lamina;

TEST(Masking, HidesStepsOfOneValue) {
  const Tensor<float> x{{{1, 1}, {2, -1}, {-1, -1}}, {{-1, -1}, {0, 0}, {-1, 3}}};
  Masking<float> layer(-1.0);
  const Tensor<float> y = layer(x), mask{{1, 1, 0}, {0, 1, 1}};
  EXPECT_TRUE(expect::same(get_mask(y), mask));
  EXPECT_TRUE(expect::same(y, x * reshape(mask, {2, 3, 1})));
  EXPECT_EQ(get_mask(layer(Tensor<float>::zeros({0, 3, 2}))).shape(), (Shape{0, 3}));
  check_layer<Masking>({.input = {2, 3, 2}, .output = {2, 3, 2}});
  EXPECT_TRUE(expect::error<ShapeError>([] { Masking<float>()(Tensor<float>{1, 2}); }, {"Masking", "rank 2 or more"}));
}

TEST(EinsumDense, DoesWhatEveryLayerDoes) {
  check_layer<EinsumDense>({.input = {4, 5}, .output = {4, 3}, .weights = {{"kernel", {5, 3}}, {"bias", {3}}}},
                           std::string("ab,bc->ac"), Index{3},
                           EinsumDenseOptions{.activation = "tanh", .bias_axes = "c"});
  check_layer<EinsumDense>(
      {.input = {2, 3, 4}, .output = {2, 3, 2, 5}, .weights = {{"kernel", {4, 2, 5}}, {"bias", {2, 5}}}},
      std::string("abc,cde->abde"), Shape{None, 2, 5}, EinsumDenseOptions{.bias_axes = "de"});
  check_layer<EinsumDense>(
      {.input = {2, 3, 2, 4}, .output = {2, 3, 2, 5}, .weights = {{"kernel", {4, 5}}, {"bias", {5}}}},
      std::string("...x,xy->...y"), Index{5}, EinsumDenseOptions{.bias_axes = "y"});
  check_layer<EinsumDense>(
      {.input = {2, 3, 4, 2}, .output = {2, 5, 4, 2}, .weights = {{"kernel", {3, 5}}, {"bias", {5, 1, 1}}}},
      std::string("ab...,bc->ac..."), Index{5}, EinsumDenseOptions{.bias_axes = "c"});
  check_layer<EinsumDense>({.input = {2, 3, 4}, .output = {2, 3, 5}, .weights = {{"kernel", {4, 5}}, {"bias", {3, 1}}}},
                           std::string("abc,cd->abd"), Shape{3, 5}, EinsumDenseOptions{.bias_axes = "b"});
}

TEST(EinsumDense, IsADenseLayerWhereItsEquationIsOne) {
  Dense<double> dense(3, ActivationArgument("relu"));
  EinsumDense<double> layer("...x,xy->...y", 3, {.activation = "relu", .bias_axes = "y"});
  const Tensor<double> x = expect::scattered({2, 4, 5});
  dense(x);
  layer(x);
  layer.set_weights(dense.get_weights());
  EXPECT_TRUE(expect::near(layer(x), dense(x)));
  EXPECT_EQ(layer.compute_output_shape({None, None, 5}), (Shape{None, None, 3}));
  const auto again = layer_from_config<double>(named_config("EinsumDense", layer.get_config()));
  EXPECT_EQ(again->get_config(), layer.get_config());
  EXPECT_EQ(layer.get_config().at("output_shape").to_string(), "[3]");
}

TEST(EinsumDense, InitializersSeeTheKernelsRealFans) {
  // Inputs: 50 of the axis c; outputs: 4 times 5. By its last two axes alone the limit would be another.
  EinsumDense<double> layer("abc,cde->abde", {None, 4, 5});
  layer(Tensor<double>::zeros({1, 2, 50}));
  const double largest = (max)(abs(layer.get_weights()[0])).item(), limit = std::sqrt(6.0 / 70);
  EXPECT_LT(largest, limit);
  EXPECT_GT(largest, 0.98 * limit);
  EXPECT_TRUE(layer.get_config().at("kernel_initializer").at("config").at("input_axes").is_null());
}

TEST(EinsumDense, RefusesWhatDoesNotFit) {
  const auto refuses = [](const char* equation, const Shape& output, const char* bias, const char* why) {
    return expect::error<Error>(
        [&] {
          EinsumDense<float>(equation, output, {.bias_axes = bias})(Tensor<float>::ones({2, 3, 4}));
        },
        {"EinsumDense", equation, why});
  };
  EXPECT_TRUE(refuses("abc->ab", {3}, "", "expected"));
  EXPECT_TRUE(refuses("ab,bc->ac", {3}, "", "rank 2"));
  EXPECT_TRUE(refuses("...bc,cd->bd", {3}, "", "expected"));
  EXPECT_TRUE(refuses("abc,cd->abd", {3}, "", "output_shape"));
  EXPECT_TRUE(refuses("abc,cd->abd", {5, 6}, "", "\"b\" is 3"));
  EXPECT_TRUE(refuses("abc,cd->abe", {None, 6}, "", "\"e\""));
  EXPECT_TRUE(refuses("abc,cdx->abd", {None, 6}, "", "\"x\""));
  EXPECT_TRUE(refuses("abc,cd->abd", {None, 6}, "c", "bias_axes"));
}

TEST(Normalization, OfGivenMeanAndVariance) {
  const Tensor<double> x = expect::scattered({4, 2, 3});
  const Tensor<double> m{0.5, 1., -1.}, v{0.25, 4., 1.};
  Normalization<double> layer({.mean = m, .variance = v});
  EXPECT_TRUE(expect::near(layer(x), (x - m) / sqrt(v)));
  EXPECT_TRUE(layer.variables().empty());
  Normalization<double> back({.mean = m, .variance = v, .invert = true});
  EXPECT_TRUE(expect::near(back(layer(x)), x, {1e-12, 1e-13}));
  EXPECT_TRUE(expect::near(Normalization<double>({.axis = {}, .mean = 2, .variance = 4})(x), (x - 2) / 2));
  EXPECT_TRUE(expect::near(Normalization<double>({.axis = {1, 2}, .mean = m, .variance = v})(x), (x - m) / sqrt(v)))
      << "along the last of the axes";
  EXPECT_TRUE(
      expect::near(Normalization<double>({.mean = 0, .variance = 0})(Tensor<double>{{1e-7}}), Tensor<double>{{1.}}));
  const auto again = layer_from_config<double>(named_config("Normalization", layer.get_config()));
  EXPECT_EQ(again->get_config(), layer.get_config());
  EXPECT_EQ(layer.get_config().at("mean").to_string(), "[0.5, 1.0, -1.0]");
  EXPECT_EQ(layer.get_config().at("axis").to_string(), "[-1]");
  EXPECT_TRUE(expect::near((*again)(x), layer(x)));
}

TEST(Normalization, AdaptsToData) {
  const Tensor<double> x = expect::scattered({12, 2, 3}) * 3 + 10;
  for (const OneOrMore<Index>& axis :
       {OneOrMore<Index>(-1), OneOrMore<Index>(1), OneOrMore<Index>{2, 1}, OneOrMore<Index>()}) {
    Normalization<double> layer({.axis = axis});
    layer.adapt(x);
    const auto y = layer(x);
    ReduceOptions others{.keepdims = true};
    for (Index i = 0; i < 3; ++i) {
      bool kept = false;
      for (const Index named : axis.values()) kept = kept || (named + 3) % 3 == i;
      if (!kept) others.axes.push_back(i);
    }
    const Tensor<double> m = mean(x, others);
    EXPECT_TRUE(expect::near(y, (x - m) / sqrt(mean(square(x - m), others)), {1e-10, 1e-12}));
    const auto variables = layer.variables();
    ASSERT_EQ(variables.size(), 3U);
    EXPECT_EQ(variables[0].name() + variables[1].name() + variables[2].name(), "meanvariancecount");
    EXPECT_TRUE(layer.trainable_variables().empty());
    // Batches of different sizes are the same data.
    Normalization<double> in_batches({.axis = axis});
    in_batches.adapt({x.rows_view(0, 2), x.rows_view(2, 9), x.rows_view(9, 12)});
    EXPECT_TRUE(expect::near(in_batches(x), y, {1e-9, 1e-11}));
    layer.adapt(x * 2);
    EXPECT_TRUE(expect::near(layer(x * 2), y, {1e-9, 1e-11})) << "what was found before is forgotten";
  }
}

TEST(Normalization, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(expect::error<ValueError>([] { Normalization<float>({.mean = 1}); }, {"mean and variance together"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Normalization<float>({.mean = {1, 2}, .variance = {1}});
      },
      {"one shape"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Normalization<float>({.axis = {}, .mean = {1, 2}, .variance = {1, 2}});
      },
      {"at most 0 axes"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        Normalization<float>()(Tensor<float>{1, 2});
      },
      {"unknown size", "axis = {}"}));
  Normalization<float> given({.mean = 1, .variance = 1});
  EXPECT_TRUE(expect::error<StateError>([&] { given.adapt(Tensor<float>{{1}}); }, {"adapt", "given already"}));
  Normalization<float> layer;
  EXPECT_TRUE(expect::error<ValueError>([&] { layer.adapt(std::vector<Tensor<float>>()); }, {"expected data"}));
  layer.adapt(Tensor<float>{{1, 2}});
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer.adapt(Tensor<float>{{1, 2, 3}}); }, {"(None, 2)", "(1, 3)"}));
}

TEST(CategoryEncoding, EncodesInAllModes) {
  const Tensor<float> x{{0, 1}, {0, 0}, {3, 1}};
  const auto encoded = [](CategoryOutput mode, const Tensor<float>& numbers) {
    CategoryEncoding<float> layer(4, {.output_mode = mode});
    const Tensor<float> y = layer(numbers);
    EXPECT_EQ(layer.compute_output_shape(numbers.shape()), y.shape());
    return y;
  };
  EXPECT_TRUE(
      expect::same(encoded(CategoryOutput::multi_hot, x), Tensor<float>{{1, 1, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 1}}));
  EXPECT_TRUE(expect::same(encoded(CategoryOutput::count, x), Tensor<float>{{1, 1, 0, 0}, {2, 0, 0, 0}, {0, 1, 0, 1}}));
  EXPECT_TRUE(expect::same(encoded(CategoryOutput::one_hot, Tensor<float>{{3}, {1}}),
                           Tensor<float>{{0, 0, 0, 1}, {0, 1, 0, 0}}));
  EXPECT_TRUE(
      expect::same(encoded(CategoryOutput::one_hot, Tensor<float>{3, 1}), Tensor<float>{{0, 0, 0, 1}, {0, 1, 0, 0}}));
  EXPECT_TRUE(expect::same(encoded(CategoryOutput::one_hot, Tensor<float>{{3, 1}}),
                           Tensor<float>{{{0, 0, 0, 1}, {0, 1, 0, 0}}}));
  EXPECT_TRUE(expect::same(encoded(CategoryOutput::count, Tensor<float>{3, 1, 3}), Tensor<float>{0, 1, 0, 2}));
  EXPECT_TRUE(expect::same(encoded(CategoryOutput::count, Tensor<float>{{{3, 1}, {3, 2}}}),
                           Tensor<float>{{{0, 0, 0, 2}, {0, 1, 1, 0}}}))
      << "the axis after the batch's is summed";
  EXPECT_EQ(encoded(CategoryOutput::multi_hot, Tensor<float>::zeros({0, 3})).shape(), (Shape{0, 4}));
  CategoryEncoding<float> count(4, {.output_mode = CategoryOutput::count});
  EXPECT_TRUE(expect::same(count({x, Tensor<float>{{0.5F, 2.F}, {1.F, 3.F}, {0.F, 4.F}}}),
                           Tensor<float>{{0.5F, 2.F, 0.F, 0.F}, {4.F, 0.F, 0.F, 0.F}, {0.F, 4.F, 0.F, 0.F}}));
}

TEST(CategoryEncoding, RefusesWhatIsNoCategory) {
  CategoryEncoding<float> layer(4);
  EXPECT_EQ(layer.get_config().at("output_mode").as_string(), "multi_hot");
  EXPECT_TRUE(expect::error<ValueError>([&] { layer(Tensor<float>{{1, 4}}); }, {"[0, 4)", "got 4", "element 1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { layer(Tensor<float>{{-1, 3}}); }, {"got -1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { layer({Tensor<float>{{1}}, Tensor<float>{{1}}}); }, {"two to count"}));
  EXPECT_TRUE(expect::error<ValueError>([] { CategoryEncoding<float>(0); }, {"num_tokens"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { CategoryEncoding<float>(2, {.output_mode = CategoryOutput::integer}); }, {"int"}));
  EXPECT_EQ(CategoryEncoding<float>(2, {.output_mode = "one_hot"}).get_config().at("output_mode").as_string(),
            "one_hot");
  EXPECT_TRUE(expect::error<ValueError>([] { CategoryEncoding<float>(2, {.output_mode = "onehot"}); },
                                        {"unknown output_mode \"onehot\"", "Did you mean \"one_hot\""}));
}

TEST(Discretization, PutsNumbersIntoBins) {
  Discretization<float> layer({.bin_boundaries = {0, 1, 2}});
  const Tensor<float> x{{-1.5F, 1.0F, 3.4F, 0.5F}, {0.0F, 3.0F, 1.3F, -0.0F}};
  EXPECT_TRUE(expect::same(layer(x), Tensor<float>{{0, 2, 3, 1}, {1, 3, 2, 1}}));
  Discretization<float> hot({.bin_boundaries = {0, 1, 2}, .output_mode = CategoryOutput::multi_hot});
  EXPECT_TRUE(expect::same(hot(x), Tensor<float>{{1, 1, 1, 1}, {0, 1, 1, 1}}));
  EXPECT_EQ(hot.compute_output_shape({None, 4}), (Shape{None, 4}));
  const auto again = layer_from_config<float>(named_config("Discretization", layer.get_config()));
  EXPECT_EQ(again->get_config(), layer.get_config());
}

TEST(Discretization, FindsBinsOfEqualShares) {
  const Tensor<float> x{{-1.5F, 1.0F, 3.4F, 0.5F}, {0.0F, 3.0F, 1.3F, 0.0F}};
  Discretization<float> layer({.num_bins = 4});
  EXPECT_TRUE(expect::error<StateError>([&] { layer(x); }, {"adapt"}));
  layer.adapt(x);
  EXPECT_TRUE(expect::same(layer(x), Tensor<float>{{0, 2, 3, 2}, {1, 3, 3, 1}})) << "as Keras's documentation has it";
  const auto again = layer_from_config<float>(named_config("Discretization", layer.get_config()));
  EXPECT_TRUE(expect::same((*again)(x), layer(x)));
  // Many numbers, in batches: the boundaries are quantiles up to epsilon.
  std::vector<Tensor<float>> batches;
  for (std::uint64_t i = 0; i < 5; ++i) batches.push_back(expect::scattered<float>({400, 2}, i) * 50 + 50);
  Discretization<float> deciles({.num_bins = 10});
  deciles.adapt(batches);
  ASSERT_EQ(deciles.bin_boundaries().size(), 9U);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(deciles.bin_boundaries()[i], 10.0 * static_cast<double>(i + 1), 2.5);
}

TEST(Discretization, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(expect::error<ValueError>([] { Discretization<float>(DiscretizationOptions{}); }, {"either"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { Discretization<float>({.bin_boundaries = {0}, .num_bins = 2}); }, {"either"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Discretization<float>({.bin_boundaries = {1, 0}}); }, {"ascending"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Discretization<float>({.num_bins = 0}); }, {"num_bins"}));
  Discretization<float> given({.bin_boundaries = {0}});
  EXPECT_TRUE(expect::error<StateError>([&] { given.adapt(Tensor<float>{{1}}); }, {"num_bins"}));
}

TEST(Resizing, DoesWhatEveryLayerDoes) {
  check_layer<Resizing>({.input = {2, 4, 5, 2}, .output = {2, 3, 7, 2}}, Index{3}, Index{7});
  check_layer<Resizing>({.input = {2, 2, 4, 5}, .output = {2, 2, 6, 3}}, Index{6}, Index{3},
                        ResizingOptions{.interpolation = Interpolation::bicubic, .channels_first = true});
  check_layer<Resizing>({.input = {2, 4, 8, 2}, .output = {2, 3, 3, 2}}, Index{3}, Index{3},
                        ResizingOptions{.crop_to_aspect_ratio = true, .antialias = true});
  check_layer<Resizing>({.input = {2, 4, 8, 2}, .output = {2, 3, 3, 2}}, Index{3}, Index{3},
                        ResizingOptions{.pad_to_aspect_ratio = true, .fill_value = 0.5});
  EXPECT_EQ(Resizing<float>(3, 2).compute_output_shape({None, None, None, 1}), (Shape{None, 3, 2, 1}));
  EXPECT_EQ(Resizing<float>(3, 2)(Tensor<float>::ones({6, 6, 1})).shape(), (Shape{3, 2, 1})) << "one image";
}

TEST(Resizing, KeepsProportions) {
  const auto resized = [&](ResizingOptions options) {
    options.interpolation = Interpolation::nearest;
    return Resizing<float>(2, 2, options)(reshape(Tensor<float>{1, 2, 3, 4, 5, 6, 7, 8}, {1, 2, 4, 1}));
  };
  EXPECT_TRUE(expect::same(resized({.crop_to_aspect_ratio = true}), reshape(Tensor<float>{2, 3, 6, 7}, {1, 2, 2, 1})));
  // Padded to four rows: a row of -1, the image, a row of -1; of four, new pixels lie in rows and columns 1 and 3.
  EXPECT_TRUE(expect::same(resized({.pad_to_aspect_ratio = true, .fill_value = -1}),
                           reshape(Tensor<float>{2, 4, -1, -1}, {1, 2, 2, 1})));
  EXPECT_TRUE(expect::error<ValueError>([&] { resized({.crop_to_aspect_ratio = true, .pad_to_aspect_ratio = true}); },
                                        {"both"}));
  EXPECT_TRUE(expect::error<ShapeError>([] { Resizing<float>(2, 2)(Tensor<float>{{1}}); }, {"rank 4", "(1, 1)"}));
  EXPECT_TRUE(expect::error<ShapeError>([] { Resizing<float>(2, 2)(Tensor<float>::ones({1, 0, 2, 1})); }, {"nothing"}));
  Config config = Resizing<float>(2, 2).get_config();
  config["fill_mode"] = "reflect";
  EXPECT_TRUE(expect::error<ValueError>([&] { layer_from_config<float>(named_config("Resizing", config)); },
                                        {"constant", "reflect"}));
}

TEST(CenterCrop, TakesTheMiddleOrWhatThereIs) {
  const Tensor<float> x = reshape(expect::scattered<float>({2 * 5 * 6 * 3}), {2, 5, 6, 3});
  EXPECT_TRUE(expect::same(CenterCrop<float>(2, 3)(x), slice(x, {0, 1, 1, 0}, {2, 2, 3, 3})));
  EXPECT_TRUE(expect::same(CenterCrop<float>(2, 3, {.channels_first = true})(transpose(x, {0, 3, 1, 2})),
                           transpose(slice(x, {0, 1, 1, 0}, {2, 2, 3, 3}), {0, 3, 1, 2})));
  // Too small: the largest window of the proportions, brought to the size.
  Resizing<float> cropped(8, 6, {.crop_to_aspect_ratio = true});
  EXPECT_TRUE(expect::same(CenterCrop<float>(8, 6)(x), cropped(x)));
  check_layer<CenterCrop>({.input = {2, 5, 6, 2}, .output = {2, 3, 3, 2}}, Index{3}, Index{3});
  check_layer<CenterCrop>({.input = {2, 3, 6, 2}, .output = {2, 5, 4, 2}}, Index{5}, Index{4});
}
