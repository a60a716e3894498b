#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "lamina/core/warning.hpp"
#include "lamina/io/config_edit.hpp"
#include "lamina/io/keras_1_classes.hpp"
#include "lamina/io/keras_1_merge.hpp"

// Configurations of Keras 0 and 1 as configurations of Keras 2.

namespace lamina::detail {

/// Upgrades the names and values of arguments of Keras 1. Configurations of later versions stay as they are.
class Keras1Config : ConfigEdit {
 public:
  /// Returns {"class_name": ..., "config": ...} of a layer or model as Keras 2 writes it. Throws ValueError for what has no
  /// counterpart in later versions.
  static Config upgraded(Config object) {
    Keras1Config upgrade;
    upgrade.find_image_format(object);
    upgrade.upgrade_object(object);
    return object;
  }

 private:
  using Rename = Keras1Classes::Rename;

  /// In Keras 1 the layers without weights that work on images have no "dim_ordering" of their own: they follow a global
  /// setting, which the layers that have one tell.
  void find_image_format(const Config& config) {
    if (config.is_list()) {
      for (const Config& element : config.elements()) find_image_format(element);
    } else if (config.is_map()) {
      for (const Config::Member& m : config.members()) {
        if (m.first != "dim_ordering") {
          find_image_format(m.second);
          continue;
        }
        is_keras_1_ = true;
        const Config format = data_format(m.second);
        if (format.is_null()) continue;
        mixed_formats_ = mixed_formats_ || (!image_format_.is_null() && !(image_format_ == format));
        image_format_ = format;
      }
    }
  }

  void upgrade_object(Config& object) {
    if (!object.is_map()) return;
    name_class(object);
    const std::string old_class = class_of(object);
    if (old_class.empty() || object.find("config") == nullptr) return;
    Keras1Classes::refuse_removed(old_class, object);
    Config& config = object["config"];
    if (config.is_list()) {
      for (std::size_t i = 0; i < config.size(); ++i) upgrade_object(config[i]);
      if (old_class == "Sequential" && config.size() > 0 && class_of(config[0]) == "Merge")
        object = Keras1Merge::functional(config);
      return;
    }
    if (!config.is_map()) return;
    for (const char* inside : {"layer", "backward_layer", "cell"})
      if (is_object(config.find(inside))) upgrade_object(config[inside]);
    for (const char* inside : {"layers", "cells"})
      if (const Config* list = config.find(inside); list != nullptr && list->is_list())
        for (std::size_t i = 0; i < list->size(); ++i) upgrade_object(config[inside][i]);
    if (old_class == "Merge") {
      if (const Config* branches = config.find("layers"); branches == nullptr || branches->is_null())
        object = Keras1Merge::layer(object);
      return;
    }
    if (!Keras1Classes::is_known(old_class)) return;
    const std::string class_name = Keras1Classes::renamed(old_class);
    if (class_name != old_class) object["class_name"] = class_name;
    upgrade_arguments(class_name, config);
  }
  /// In Keras 0 a layer is {"name": <class>, "custom_name": <name>, <arguments>}.
  static void name_class(Config& object) {
    const Config* name = object.find("name");
    if (object.find("class_name") != nullptr || object.find("config") != nullptr || name == nullptr ||
        !name->is_string() || !Keras1Classes::is_known(name->as_string()))
      return;
    const std::string class_name = name->as_string();
    Config config = object;
    drop(config, "name");
    rename(config, "custom_name", "name");
    drop(config, "cache_enabled");
    if (const Config shape = take(config, "input_shape"); shape.is_list()) {
      config["batch_input_shape"] = Config::list({Config()});
      for (const Config& size : shape.elements()) config["batch_input_shape"].push_back(size);
    }
    object = ConfigEdit::object(class_name, std::move(config));
  }

  void upgrade_arguments(const std::string& class_name, Config& config) {
    const auto renames = [&](std::initializer_list<Rename> names) {
      for (const Rename& r : names) rename(config, r.from, r.to);
    };
    const bool recurrent = class_name == "SimpleRNN" || class_name == "LSTM" || class_name == "GRU";
    if (class_name == "Embedding") {
      renames({{"init", "embeddings_initializer"},
               {"W_regularizer", "embeddings_regularizer"},
               {"W_constraint", "embeddings_constraint"}});
      drop_training_argument(class_name, config, "dropout", "Add a SpatialDropout1D after the layer.");
    } else {
      if (class_name == "PReLU") renames({{"init", "alpha_initializer"}});
      if (class_name == "SeparableConv2D" && config.find("init") != nullptr) {
        const Config initializer = take(config, "init");
        config["depthwise_initializer"] = config["pointwise_initializer"] = initializer;
      }
      if (class_name == "Dense" || recurrent) renames({{"output_dim", "units"}});
      renames({{"init", "kernel_initializer"},
               {"inner_init", "recurrent_initializer"},
               {"inner_activation", "recurrent_activation"},
               {"W_regularizer", "kernel_regularizer"},
               {"U_regularizer", "recurrent_regularizer"},
               {"b_regularizer", "bias_regularizer"},
               {"W_constraint", "kernel_constraint"},
               {"U_constraint", "recurrent_constraint"},
               {"b_constraint", "bias_constraint"},
               {"bias", "use_bias"},
               {"nb_filter", "filters"},
               {"filter_length", "kernel_size"},
               {"subsample", "strides"},
               {"subsample_length", "strides"},
               {"border_mode", "padding"},
               {"atrous_rate", "dilation_rate"},
               {"pool_length", "pool_size"},
               {"stride", "strides"},
               {"dropout_W", "dropout"},
               {"dropout_U", "recurrent_dropout"}});
    }
    if (class_name.find("Dropout") != std::string::npos) renames({{"p", "rate"}});
    if (class_name == "GaussianNoise") renames({{"sigma", "stddev"}});
    if (class_name == "UpSampling1D") renames({{"length", "size"}});
    if (class_name == "BatchNormalization") {
      renames({{"beta_init", "beta_initializer"}, {"gamma_init", "gamma_initializer"}});
      upgrade_batch_normalization(config);
    }
    join_sizes(config);
    upgrade_forget_bias(class_name, config);
    upgrade_format(class_name, config);
    if (class_name == "Conv2DTranspose") upgrade_output_shape(config);
    if (class_name == "ZeroPadding1D" || class_name == "ZeroPadding2D") upgrade_padding(config);
    if (class_name != "Embedding") add_input_shape(config);
    for (const Config::Member& m : Config(config).members()) upgrade_strategy(m, config);
  }

  /// Drops an argument without counterpart that changes only training.
  static void drop_training_argument(const std::string& class_name, Config& config, std::string_view name,
                                     std::string_view hint) {
    const Config value = take(config, name);
    if (value.is_null() || (value.is_number() && value.as_real() == 0)) return;
    warn(class_name, ": ", name, " = ", value, " is ignored: Keras has not had this argument since version 2. ", hint);
  }
  static void upgrade_batch_normalization(Config& config) {
    const Config mode = take(config, "mode");
    if (mode.is_null() || mode == Config(0)) return;
    raise<ValueError>("BatchNormalization: mode = ", mode,
                      " is not supported: expected 0. Keras has not had the modes 1 ",
                      "(by sample) and 2 (statistics of the batch) since version 2.");
  }
  /// Joins nb_row and nb_col, or kernel_dim1 to kernel_dim3, to kernel_size.
  static void join_sizes(Config& config) {
    Config sizes = Config::list();
    for (const char* name : {"nb_row", "nb_col", "kernel_dim1", "kernel_dim2", "kernel_dim3"})
      if (config.find(name) != nullptr) sizes.push_back(take(config, name));
    if (sizes.size() == 0) return;
    config["kernel_size"] = std::move(sizes);
  }
  static void upgrade_forget_bias(const std::string& class_name, Config& config) {
    const Config initializer = take(config, "forget_bias_init");
    if (initializer.is_null()) return;
    const std::string name = initializer.is_string() ? initializer.as_string() : class_of(initializer);
    const bool one = name == "one" || name == "ones";
    if (!one && name != "zero" && name != "zeros")
      warn(class_name, ": forget_bias_init = ", initializer,
           " is replaced by zeros for new weights: expected one or zero.");
    config["unit_forget_bias"] = one;
  }
  static Config data_format(const Config& ordering) {
    if (ordering.is_null()) return {};
    const std::string& name = ordering.as_string();
    if (name == "tf") return "channels_last";
    if (name == "th") return "channels_first";
    if (name == "default") return {};
    raise<ValueError>("dim_ordering: expected \"tf\" or \"th\", got \"", name, "\"");
  }
  void upgrade_format(const std::string& class_name, Config& config) const {
    if (config.find("dim_ordering") != nullptr) {
      config["data_format"] = data_format(take(config, "dim_ordering"));
      return;
    }
    if (!is_keras_1_ || config.find("data_format") != nullptr) return;
    for (const std::string_view follower : {"UpSampling2D", "UpSampling3D", "ZeroPadding2D", "ZeroPadding3D",
                                            "Cropping2D", "Cropping3D", "SpatialDropout2D", "SpatialDropout3D"}) {
      if (class_name != follower) continue;
      if (mixed_formats_)
        raise<ValueError>(class_name,
                          ": Keras 1 does not store its dim_ordering, and other layers of the model have both ",
                          "\"th\" and \"tf\". Save the model with Keras 2.");
      config["data_format"] = image_format_;
    }
  }
  /// Keras 1 states the whole shape of the output, from which output_padding follows: the size of the input is the one of
  /// which a convolution of the output would make.
  static void upgrade_output_shape(Config& config) {
    const Config shape = take(config, "output_shape");
    if (!shape.is_list() || shape.size() != 4) return;
    const bool first = config.find("data_format") != nullptr && config.at("data_format") == Config("channels_first");
    const bool same = config.find("padding") != nullptr && config.at("padding") == Config("same");
    const auto number = [&](const char* name, std::size_t axis) -> std::int64_t {
      const Config* value = config.find(name);
      if (value == nullptr || value->is_null()) return 1;
      return value->is_list() ? (*value)[axis].as_integer() : value->as_integer();
    };
    Config paddings = Config::list();
    bool needed = false;
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const Config& declared = shape[axis + (first ? 2U : 1U)];
      if (declared.is_null()) return;
      const std::int64_t size = declared.as_integer(), window = number("kernel_size", axis),
                         stride = number("strides", axis);
      for (const std::int64_t one : {size, window, stride})
        if (one < 1 || one > (std::int64_t{1} << 31)) return;  // the layer says what is wrong
      const std::int64_t input = same ? (size + stride - 1) / stride : (size - window) / stride + 1;
      const std::int64_t made = same ? input * stride : input * stride + (window > stride ? window - stride : 0);
      const std::int64_t least = (input - 1) * stride + window - (same ? 2 * (window / 2) : 0);
      needed = needed || made != size;
      paddings.push_back(size - least);
    }
    if (needed) config["output_padding"] = std::move(paddings);
  }
  /// Paddings of the four sides as a list of four, or by their names.
  static void upgrade_padding(Config& config) {
    const Config* padding = config.find("padding");
    if (padding == nullptr) return;
    const Config given = *padding;
    const auto pair = [](const Config& a, const Config& b) { return Config::list({a, b}); };
    if (given.is_map()) {
      const auto side = [&](const char* name) {
        const Config* value = given.find(name);
        return value == nullptr ? Config(0) : *value;
      };
      for (const Config::Member& m : given.members())
        if (m.first != "top_pad" && m.first != "bottom_pad" && m.first != "left_pad" && m.first != "right_pad")
          raise<ValueError>("padding: expected top_pad, bottom_pad, left_pad and right_pad, got \"", m.first, "\"");
      const bool rows = given.find("top_pad") != nullptr || given.find("bottom_pad") != nullptr;
      const Config columns = pair(side("left_pad"), side("right_pad"));
      config["padding"] = rows ? pair(pair(side("top_pad"), side("bottom_pad")), columns) : columns;
    } else if (given.is_list() && given.size() == 4) {
      config["padding"] = pair(pair(given[0], given[1]), pair(given[2], given[3]));
    }
  }
  /// `input_dim` and `input_length` of the first layer, which later versions have as the shape of the input only.
  static void add_input_shape(Config& config) {
    const Config size = take(config, "input_dim"), length = take(config, "input_length");
    if (size.is_null() || config.find("batch_input_shape") != nullptr) return;
    Config shape = Config::list({Config()});
    const bool sequence = config.find("filters") != nullptr || config.find("return_sequences") != nullptr;
    if (sequence) shape.push_back(length);
    shape.push_back(size);
    config["batch_input_shape"] = std::move(shape);
  }

  /// An initializer by its name in Keras 1, or a regularizer or constraint as {"name": <class>, <arguments>}.
  static void upgrade_strategy(const Config::Member& member, Config& config) {
    const auto& [name, value] = member;
    if (name.ends_with("_initializer") && value.is_string()) {
      if (value.as_string() == "zero") config[name] = "zeros";
      if (value.as_string() == "one") config[name] = "ones";
    }
    const bool regularizer = name.ends_with("_regularizer"), constraint = name.ends_with("_constraint");
    if ((!regularizer && !constraint) || !value.is_map() || value.find("class_name") != nullptr) return;
    const Config* old_name = value.find("name");
    if (old_name == nullptr || !old_name->is_string()) return;
    std::string class_name = old_name->as_string();
    Config arguments = value;
    drop(arguments, "name");
    if (regularizer) {
      if (class_name == "WeightRegularizer" || class_name == "ActivityRegularizer" || class_name == "L1L2Regularizer")
        class_name = "L1L2";
      else if (class_name == "Regularizer") {
        config[name] = nullptr;
        return;
      }
    } else {
      for (const Rename& r : {Rename{"m", "max_value"}, Rename{"low", "min_value"}, Rename{"high", "max_value"}})
        rename(arguments, r.from, r.to);
    }
    config[name] = object(class_name, std::move(arguments));
  }

  Config image_format_;
  bool is_keras_1_ = false, mixed_formats_ = false;
};

}  // namespace lamina::detail
