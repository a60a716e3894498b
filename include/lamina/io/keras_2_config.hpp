#pragma once
#include <string>
#include <string_view>

#include "lamina/core/strategy.hpp"
#include "lamina/io/config_edit.hpp"
#include "lamina/io/tensorflow_operation.hpp"
#include "lamina/layers/base/layer.hpp"

// Arguments of Keras 2's layers as those of Keras 3.

namespace lamina::detail {

class Keras2Config : ConfigEdit {
 public:
  /// Upgrades the class name and the arguments of one layer, without the layers inside it. Throws ValueError for what has no
  /// counterpart in Keras 3, unless a custom class of this name is registered.
  static void upgrade(Config& object) {
    if (const Config* module = object.find("module");
        module != nullptr && module->is_string() && module->as_string().starts_with("tf_keras"))
      object["module"] = module->as_string().substr(3);
    name_custom_class(object);
    rename_class(object);
    const std::string class_name = class_of(object);
    refuse_tensorflow(class_name, object);
    Config& config = object["config"];
    check_dtype(class_name, config);
    unwrap_arrays(config);
    upgrade_arguments(class_name, config);
    upgrade_strategies(config);
  }
  /// Returns whether a custom layer class is registered under a name.
  static bool is_custom(const std::string& class_name) {
    return CustomObjectRegistry::find(CustomObjects<Layer<float>>::key(), class_name) != nullptr ||
           CustomObjectRegistry::find(CustomObjects<Layer<double>>::key(), class_name) != nullptr;
  }

 private:
  /// Keras 2 writes the class name of a registered class as "package>name".
  static void name_custom_class(Config& object) {
    const std::string class_name = class_of(object);
    const std::size_t end = class_name.find('>');
    if (end == std::string::npos || object.find("registered_name") != nullptr) return;
    object["registered_name"] = class_name;
    object["class_name"] = class_name.substr(end + 1);
  }
  static void rename_class(Config& object) {
    struct Rename {
      std::string_view from, to;
    };
    static constexpr Rename classes[] = {{"CuDNNLSTM", "LSTM"},
                                         {"CuDNNGRU", "GRU"},
                                         {"BatchNormalizationV1", "BatchNormalization"},
                                         {"BatchNormalizationV2", "BatchNormalization"},
                                         {"SyncBatchNormalization", "BatchNormalization"},
                                         {"ThresholdedReLU", "ReLU"}};
    const std::string class_name = class_of(object);
    if (is_custom(class_name)) return;
    for (const Rename& r : classes)
      if (class_name == r.from) object["class_name"] = r.to;
    Config& config = object["config"];
    if (class_name == "CuDNNGRU") config["reset_after"] = true;
    if (class_name == "ThresholdedReLU") rename(config, "theta", "threshold");
  }
  static void refuse_tensorflow(const std::string& class_name, const Config& object) {
    const Config* name = object.at("config").find("name");
    const std::string who = "layer " + class_name +
                            (name != nullptr && name->is_string() ? " \"" + name->as_string() + "\"" : std::string());
    const Config* registered = object.find("registered_name");
    if (registered != nullptr && registered->is_string() && registered->as_string().starts_with("Addons>") &&
        !is_custom(registered->as_string()) && !is_custom(class_name))
      raise<ValueError>(who,
                        ": layers of TensorFlow Addons are not supported. Replace it by layers of Keras in Python, ",
                        "and save the model again; or write a custom layer, and register it as \"",
                        registered->as_string(), "\" with register_custom_object.");
    for (const std::string_view operation :
         {"TensorFlowOpLayer", "TFOpLambda", "SlicingOpLambda", "ClassMethod", "InstanceMethod", "InstanceProperty"}) {
      if (class_name != operation || is_custom(class_name) || TensorFlowOperation::is_known(object)) continue;
      const Config* function = object.at("config").find("function");
      raise<ValueError>(
          who, function == nullptr ? std::string() : text(", function ", *function),
          ": this operation of TensorFlow is not supported. Replace it by layers of Keras in Python, and ",
          "save the model again.");
    }
  }
  /// The computation is in the scalar type of the model, whatever the policy; one that does not exist is an error.
  static void check_dtype(const std::string& class_name, const Config& config) {
    const Config* dtype = config.find("dtype");
    if (dtype == nullptr || dtype->is_null()) return;
    const Config* inner = dtype->is_map() ? dtype->find("config") : nullptr;
    const Config* name = inner != nullptr ? inner->find("name") : dtype;
    if (name == nullptr || !name->is_string()) return;  // a policy by layer
    for (const char* known : {"float32", "float64", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16", "int8",
                              "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool", "string"})
      if (name->as_string() == known) return;
    raise<ValueError>(class_name, ": unknown dtype \"", name->as_string(), "\": expected a type such as float32, or a ",
                      "policy such as mixed_float16");
  }
  /// Some numbers were written as arrays, {"type": "ndarray", "value": ...}.
  static void unwrap_arrays(Config& config) {
    for (const Config::Member& m : Config(config).members())
      if (m.second.is_map() && m.second.find("type") != nullptr && m.second.find("value") != nullptr &&
          m.second.at("type") == Config("ndarray"))
        config[m.first] = m.second.at("value");
  }
  static void upgrade_arguments(const std::string& class_name, Config& config) {
    if (class_name == "InputLayer") rename(config, "batch_input_shape", "batch_shape");
    if (class_name == "GRU" || class_name == "GRUCell")
      // The versions that write `implementation` and no `reset_after` have the reset gate before the product.
      for (const char* old : {"implementation", "consume_less"})
        if (config.find(old) != nullptr && config.find("reset_after") == nullptr) config["reset_after"] = false;
    for (const char* unused : {"implementation", "input_dtype", "consume_less", "rng_type"}) drop(config, unused);
    drop_default(config, class_name, "time_major", false);
    drop_default(config, class_name, "dynamic", false);
    drop_default(config, class_name, "num_constants", 0);
    const bool separable = class_name.starts_with("SeparableConv"), depthwise = class_name.starts_with("DepthwiseConv");
    if (separable || depthwise || class_name.ends_with("Transpose")) drop_default(config, class_name, "groups", 1);
    if (separable || depthwise) {  // the base class's: the layer has no weight "kernel" of its own
      drop(config, "kernel_initializer");
      drop_default(config, class_name, "kernel_regularizer", {});
      drop_default(config, class_name, "kernel_constraint", {});
    }
    if (depthwise) drop_default(config, class_name, "filters", {});
    if (class_name == "BatchNormalization") {
      if (const Config* axis = config.find("axis"); axis != nullptr && axis->is_list() && axis->size() == 1)
        config["axis"] = Config((*axis)[0]);
      drop_default(config, class_name, "virtual_batch_size", {});
      drop(config, "fused");
    }
    if (class_name == "LeakyReLU") rename(config, "alpha", "negative_slope");
    if (class_name == "Attention" || class_name == "AdditiveAttention")
      drop_default(config, class_name, "causal", false);
    if (class_name == "MultiHeadAttention")
      for (const char* unused : {"query_shape", "key_shape", "value_shape", "softmax_robust_masking"})
        drop(config, unused);
    if (class_name == "Softmax") drop(config, "robust_masking");
    if (class_name == "Lambda") upgrade_lambda(config);
  }
  static void upgrade_lambda(Config& config) {
    const Config type = take(config, "function_type"), shape_type = take(config, "output_shape_type");
    drop(config, "module");
    drop(config, "output_shape_module");
    // Shapes that a function of Python computes follow from the registered function.
    if (shape_type.is_string() && shape_type.as_string() != "raw") config["output_shape"] = nullptr;
    if (type == Config("function") && config.find("function") != nullptr && config.at("function").is_string())
      config["function"] = object("function", config.at("function"));
  }
  static void upgrade_strategies(Config& config) {
    for (const Config::Member& m : Config(config).members()) {
      const auto& [name, value] = m;
      if (name.ends_with("activation") && value == Config("softmax_v2")) config[name] = "softmax";
      const bool strategy =
          name.ends_with("_initializer") || name.ends_with("_regularizer") || name.ends_with("_constraint");
      if (!strategy || !is_object(&value) || value.find("config") == nullptr || !value.at("config").is_map()) continue;
      Config& arguments = config[name]["config"];
      unwrap_arrays(arguments);
      if (!name.ends_with("_initializer")) continue;
      drop(arguments, "dtype");
      if (class_of(value) == "VarianceScaling" && arguments.find("distribution") != nullptr &&
          arguments.at("distribution") == Config("normal"))
        arguments["distribution"] = "truncated_normal";
    }
  }
};

}  // namespace lamina::detail
