#pragma once
#include <string>
#include <string_view>

#include "lamina/core/config.hpp"
#include "lamina/io/keras_2_config.hpp"

// The classes of Keras 1.

namespace lamina::detail {

class Keras1Classes {
 public:
  /// A name in Keras 1, and the one in later versions.
  struct Rename {
    std::string_view from, to;
  };

  /// Throws ValueError for a class that later versions do not have, unless a custom class of its name is registered.
  static void refuse_removed(const std::string& class_name, const Config& object) {
    static constexpr Rename removed[] = {
        {"TimeDistributedDense", "Replace it by TimeDistributed(Dense(...)) in Python, and save the model again"},
        {"Highway", "Build it from Dense, Multiply and Add in Python, and save the model again"},
        {"MaxoutDense", "Build it from Dense, Reshape and Maximum in Python, and save the model again"},
        {"ParametricSoftplus", "Replace the layer in Python, and save the model again"},
        {"SReLU", "Replace the layer in Python, and save the model again"},
        {"Graph", "Build the model with the functional API in Python, and save it again"}};
    for (const Rename& r : removed) {
      if (class_name != r.from || Keras2Config::is_custom(class_name)) continue;
      const Config* name = object.at("config").find("name");
      raise<ValueError>("layer ", class_name,
                        name != nullptr && name->is_string() ? " \"" + name->as_string() + "\"" : std::string(),
                        ": Keras has not had this class since version 2. ", r.to,
                        "; or write a custom layer, and register it under this name with register_custom_object.");
    }
  }
  /// Returns whether a class is one of Keras 1: arguments of custom classes have the names of Keras 1 by chance.
  static bool is_known(const std::string& class_name) {
    for (const std::string_view known : {"Dense",
                                         "Activation",
                                         "Dropout",
                                         "SpatialDropout1D",
                                         "SpatialDropout2D",
                                         "SpatialDropout3D",
                                         "Flatten",
                                         "Reshape",
                                         "Permute",
                                         "RepeatVector",
                                         "ActivityRegularization",
                                         "Masking",
                                         "Lambda",
                                         "InputLayer",
                                         "Embedding",
                                         "Convolution1D",
                                         "Convolution2D",
                                         "Convolution3D",
                                         "AtrousConvolution1D",
                                         "AtrousConvolution2D",
                                         "AtrousConv1D",
                                         "AtrousConv2D",
                                         "Deconvolution2D",
                                         "Deconvolution3D",
                                         "SeparableConvolution2D",
                                         "Conv1D",
                                         "Conv2D",
                                         "Conv3D",
                                         "SeparableConv2D",
                                         "MaxPooling1D",
                                         "MaxPooling2D",
                                         "MaxPooling3D",
                                         "AveragePooling1D",
                                         "AveragePooling2D",
                                         "AveragePooling3D",
                                         "GlobalMaxPooling1D",
                                         "GlobalMaxPooling2D",
                                         "GlobalMaxPooling3D",
                                         "GlobalAveragePooling1D",
                                         "GlobalAveragePooling2D",
                                         "GlobalAveragePooling3D",
                                         "UpSampling1D",
                                         "UpSampling2D",
                                         "UpSampling3D",
                                         "ZeroPadding1D",
                                         "ZeroPadding2D",
                                         "ZeroPadding3D",
                                         "Cropping1D",
                                         "Cropping2D",
                                         "Cropping3D",
                                         "SimpleRNN",
                                         "LSTM",
                                         "GRU",
                                         "ConvLSTM2D",
                                         "BatchNormalization",
                                         "LeakyReLU",
                                         "PReLU",
                                         "ELU",
                                         "ThresholdedReLU",
                                         "GaussianNoise",
                                         "GaussianDropout",
                                         "TimeDistributed",
                                         "Bidirectional",
                                         "LocallyConnected1D",
                                         "LocallyConnected2D"})
      if (class_name == known) return true;
    return false;
  }
  /// Returns the name of a class in later versions.
  static std::string renamed(const std::string& class_name) {
    static constexpr Rename classes[] = {{"Convolution1D", "Conv1D"},
                                         {"Convolution2D", "Conv2D"},
                                         {"Convolution3D", "Conv3D"},
                                         {"AtrousConvolution1D", "Conv1D"},
                                         {"AtrousConvolution2D", "Conv2D"},
                                         {"AtrousConv1D", "Conv1D"},
                                         {"AtrousConv2D", "Conv2D"},
                                         {"Deconvolution2D", "Conv2DTranspose"},
                                         {"Deconvolution3D", "Conv3DTranspose"},
                                         {"SeparableConvolution2D", "SeparableConv2D"}};
    for (const Rename& r : classes)
      if (class_name == r.from) return std::string(r.to);
    return class_name;
  }
};

}  // namespace lamina::detail
