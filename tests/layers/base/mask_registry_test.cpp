#include <lamina/layers/base/mask_registry.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

namespace {

/// Masks steps whose features are all 0, as Keras's Masking does.
struct Hide : Layer<float> {
  Hide() { set_makes_masks(); }
  Tensor<float> call(const Tensor<float>& x) const override { return x * 1; }
  Tensor<float> compute_mask(const Tensor<float>& x, const Tensor<float>&) const override {
    return (max)(abs(x), {.axes = {-1}}) > 0;
  }
};

struct SeesMask : Layer<float> {
  SeesMask() { set_supports_masking(true); }
  Tensor<float> call(const Tensor<float>& x) const override {
    const Tensor<float> mask = mask_of(x);
    return mask.defined() ? sum(x * reshape(mask, {mask.shape()[0], mask.shape()[1], 1}), {.axes = {1}})
                          : sum(x, {.axes = {1}});
  }
  Tensor<float> compute_mask(const Tensor<float>&, const Tensor<float>&) const override { return {}; }
};

const Tensor<float> sequences{{{1, 1}, {2, 0}, {0, 0}}, {{3, 1}, {0, 0}, {0, 0}}};

const Tensor<float> steps{{1, 1, 0}, {1, 0, 0}};

}  // namespace

TEST(Masks, ArePropagatedFromLayerToLayer) {
  Hide hide;
  Dense dense(2, {.kernel_initializer = "ones", .bias_initializer = "ones"});
  SeesMask last;
  const Tensor<float> hidden = hide(sequences);
  EXPECT_TRUE(expect::same(get_mask(hidden), steps));
  const Tensor<float> y = dense(hidden);
  EXPECT_TRUE(expect::same(get_mask(y), steps)) << "Dense propagates the mask";
  EXPECT_TRUE(expect::same(last(y), Tensor<float>{{6, 6}, {5, 5}})) << "the mask of the output is found";
  EXPECT_FALSE(get_mask(sequences).defined());
  EXPECT_TRUE(expect::same(last(y * 1), Tensor<float>{{7, 7}, {7, 7}})) << "an operation has no mask";
}

TEST(Masks, ArePropagatedThroughModelsInTraining) {
  Sequential model{Hide(), Dense(2, {.kernel_initializer = "ones", .bias_initializer = "ones"}), Dropout(0.0),
                   SeesMask()};
  EXPECT_TRUE(expect::same(model.predict(sequences), Tensor<float>{{6, 6}, {5, 5}}));
  model.compile({.optimizer = "sgd", .loss = "mse"});
  EXPECT_NEAR(model.test_on_batch(sequences, Tensor<float>{{6, 6}, {5, 5}})["loss"], 0, 1e-12);
}

TEST(Masks, OfPredictionsApplyToLossAndMetrics) {
  Sequential model{Hide(), Dense(1, {.kernel_initializer = "ones"})};
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"mae"}});
  // Three of six steps are not masked; their predictions are 2, 2 and 4, their targets 0.
  const Logs logs = model.test_on_batch(sequences, Tensor<float>::zeros({2, 3, 1}));
  EXPECT_NEAR(logs["loss"], (4 + 4 + 16) / 3.0, 1e-6);
  EXPECT_NEAR(logs["mae"], 8 / 3.0, 1e-6);
}

TEST(Masks, ArePassedWithACallAndRemovedAfterIt) {
  SeesMask layer;
  const Tensor<float> x = Tensor<float>::ones({2, 3, 2});
  EXPECT_TRUE(expect::same(layer(x, {.mask = steps}), Tensor<float>{{2, 2}, {1, 1}}));
  EXPECT_TRUE(expect::same(layer(x), Tensor<float>{{3, 3}, {3, 3}}));
  Dropout same(0.5);
  EXPECT_TRUE(expect::same(same(x, {.mask = steps}), x));
  EXPECT_FALSE(get_mask(x).defined()) << "the layer returned its input, which has no mask";
}

TEST(Masks, ApplyToViews) {
  const std::vector<float> memory(12, 1.0f);
  EXPECT_TRUE(expect::same(SeesMask()(Tensor<float>::view(memory.data(), {2, 3, 2}), {.mask = steps}),
                           Tensor<float>{{2, 2}, {1, 1}}));
}

TEST(Masks, PassedOnesAreRemovedEvenIfOthersAreRemovedMeanwhile) {
  Add<float> merge;
  const Tensor<float> a = Tensor<float>::ones({2, 3, 2}), b = a * 2;
  for (int i = 0; i < 3; ++i) {
    Hide()(sequences);  // its mask is discarded when the next call starts
    merge({a, b}, {.mask = {steps, steps}});
    EXPECT_FALSE(get_mask(a).defined());
    EXPECT_FALSE(get_mask(b).defined());
  }
}

TEST(Masks, ExistAsLongAsTheirTensors) {
  Hide hide;
  Tensor<float> hidden = hide(sequences);
  EXPECT_TRUE(MaskRegistry<float>::any());
  hidden = Tensor<float>();
  Identity<float>()(sequences);
  EXPECT_FALSE(MaskRegistry<float>::any()) << "the next call discards it";
}

TEST(Masks, AreDroppedWithAWarningIfALayerDoesNotSupportThem) {
  struct Plain : Layer<float> {
    Tensor<float> call(const Tensor<float>& x) const override { return x + 1; }
  } plain;
  ::testing::internal::CaptureStderr();
  const Tensor<float> once = plain(sequences, {.mask = steps}), twice = plain(sequences, {.mask = steps});
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("Plain"), std::string::npos) << said;
  EXPECT_NE(said.find("set_supports_masking"), std::string::npos) << said;
  EXPECT_EQ(said.find("warning"), said.rfind("warning")) << "once";
  EXPECT_FALSE(get_mask(once).defined());
}

TEST(Masks, OfALambdaAreComputedByItsFunction) {
  Lambda<float> first([](const auto& x) { return x * 2; },
                      {.mask = [](const Tensor<float>& x, const Tensor<float>& mask) {
                        return mask.defined() ? mask : Tensor<float>::ones(x.shape().slice(0, 2));
                      }});
  const Tensor<float> free = first(sequences);
  EXPECT_TRUE(expect::same(get_mask(free), Tensor<float>::ones({2, 3})));
  const Tensor<float> masked = first(sequences, {.mask = steps});
  EXPECT_TRUE(expect::same(get_mask(masked), steps));
}

TEST(Masks, OfSoftmaxExcludeElements) {
  const Tensor<double> x{{1., 2., 3.}, {1., 1., 1.}};
  const Tensor<double> y = Softmax<double>()(x, {.mask = Tensor<float>{{1, 1, 0}, {0, 0, 0}}});
  const Tensor<double> two = softmax(Tensor<double>{{1., 2.}});
  EXPECT_TRUE(expect::near(y, Tensor<double>{{two[0], two[1], 0.}, {0., 0., 0.}}));
}

TEST(Masks, HaveTheLeadingAxesOfTheirInput) {
  const Tensor<float> x = expect::scattered<float>({2, 3, 4});
  const auto refuses = [](Layer<float>&& layer, const Tensor<float>& input, const Shape& mask) {
    for (const bool built : {false, true}) {
      if (built) layer.ensure_built(input.shape());
      const auto call = [&] { layer(input, {.mask = Tensor<float>::ones(mask)}); };
      EXPECT_TRUE(expect::error<ShapeError>(
          call, {layer.class_name().c_str(), input.shape().to_string().c_str(), mask.to_string().c_str()}))
          << layer.class_name() << ", mask " << mask;
    }
    EXPECT_FALSE(MaskRegistry<float>::any()) << "the mask of the call is removed";
  };
  const Tensor<float> nested = expect::scattered<float>({2, 3, 4, 2}),
                      images = expect::scattered<float>({2, 3, 4, 4, 1});
  refuses(TimeDistributed(GRU(2)), nested, {3, 2, 4});
  refuses(TimeDistributed(GRU(2)), nested, {2, 3, 4, 2, 1});
  refuses(TimeDistributed(GRU(2)), nested, {2});
  refuses(TimeDistributed(Dense(2)), nested, {3, 2});
  for (const Shape& mask : {Shape{3, 2}, Shape{1, 3}, Shape{2, 4}, Shape{6}, Shape{2, 3, 4}}) {
    refuses(SimpleRNN(2), x, mask);
    refuses(LSTM(2), x, mask);
    refuses(GRU(2), x, mask);
    refuses(GRU(2, {.reset_after = false}), x, mask);
    refuses(RNN(LSTMCell(2)), x, mask);
    refuses(RNN(StackedRNNCells(GRUCell(2), GRUCell(3))), x, mask);
    refuses(ConvLSTM2D(2, 3), images, mask);
    refuses(GlobalAveragePooling1D(), x, mask);
  }
  refuses(Softmax(), x, {5, 2, 3, 4});
  refuses(BatchNormalization(), x, {3});
}

TEST(Masks, OfDirectionsHaveTheLeadingAxesOfTheirInput) {
  const Tensor<float> x = expect::scattered<float>({2, 3, 4});
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        Bidirectional(LSTM(2))(x, {.mask = Tensor<float>::ones({3, 2})});
      },
      {"(2, 3, 4)", "(3, 2)"}));
}

TEST(Masks, OfSeveralInputsHaveTheirLeadingAxes) {
  const Tensor<float> a = expect::scattered<float>({2, 3, 4}), b = expect::scattered<float>({2, 3, 4}, 1);
  const Tensor<float> fits = Tensor<float>::ones({2, 3}), turned = Tensor<float>::ones({3, 2});
  const auto refuses = [&](Layer<float>&& layer, const CallMasks& masks) {
    EXPECT_TRUE(expect::error<ShapeError>(
        [&] {
          layer.apply({a, b}, {.mask = masks});
        },
        {"(3, 2)", "(2, 3"}))
        << layer.class_name();
  };
  for (const CallMasks& masks : {CallMasks{turned, fits}, CallMasks{fits, turned}}) {
    refuses(Attention(), masks);
    refuses(AdditiveAttention(), masks);
    refuses(MultiHeadAttention(2, 2), masks);
    refuses(Add(), masks);
    refuses(Maximum(), masks);
    refuses(Concatenate(), masks);
  }
  Add add;
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        add.apply({a, b}, {.mask = {fits, fits, fits}});
      },
      {"3 masks", "2 inputs"}));
}
