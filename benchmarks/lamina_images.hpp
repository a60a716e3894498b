#pragma once

#include "baselines/image_task.hpp"
#include "lamina/lamina.hpp"

/// An ImageTask with lamina: the layer, and its gradients by a tape.
class LaminaImages {
 public:
  LaminaImages(const baselines::ImageTask& t, int threads) : layer_(layer(t)) {
    lamina::set_num_threads(threads);
    x_ =
        lamina::Tensor<float>::from(baselines::random_values(t.inputs()).data(), {t.batch, t.side, t.side, t.channels});
    (*layer_)(x_);
    tape_.watch(x_);
    y_ = (*layer_)(x_);
    dy_ = lamina::Tensor<float>::from(baselines::random_values(t.outputs()).data(), y_.shape());
    variables_ = layer_->trainable_variables();
  }
  void forward() {
    const lamina::NoGradient<float> no_gradient;
    output_ = (*layer_)(x_);
  }
  void backward() {
    std::vector<lamina::Tensor<float>> inputs{x_};
    for (const auto& variable : variables_) inputs.push_back(variable.value());
    gradients_ = tape_.gradient(y_, inputs, dy_);
  }

 private:
  static std::shared_ptr<lamina::Layer<float>> layer(const baselines::ImageTask& t) {
    using namespace lamina;
    if (t.layer == "MaxPooling2D") return std::make_shared<MaxPooling2D<float>>();
    if (t.layer == "AveragePooling2D") return std::make_shared<AveragePooling2D<float>>();
    if (t.layer == "GlobalAveragePooling2D") return std::make_shared<GlobalAveragePooling2D<float>>();
    if (t.layer == "UpSampling2D") return std::make_shared<UpSampling2D<float>>();
    if (t.separable())
      return std::make_shared<SeparableConv2D<float>>(t.channels, 3, SeparableConvOptions<2>{.padding = "same"});
    return std::make_shared<DepthwiseConv2D<float>>(3, DepthwiseConvOptions<2>{.padding = "same"});
  }

  std::shared_ptr<lamina::Layer<float>> layer_;
  lamina::GradientTape<float> tape_{{.persistent = true}};
  lamina::Tensor<float> x_, dy_, y_, output_;
  std::vector<lamina::Variable<float>> variables_;
  std::vector<lamina::Tensor<float>> gradients_;
};
