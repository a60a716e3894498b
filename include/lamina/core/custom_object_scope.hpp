#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/strategy.hpp"

namespace lamina {

/// A custom class and its name in configurations. Returned by `custom_object`; see CustomObjectScope.
class CustomObject {
 public:
  /// The name of the class in configurations.
  const std::string& name() const noexcept { return name_; }

 private:
  friend class CustomObjectScope;
  template <class T>
  friend CustomObject custom_object(const std::string& name);
  CustomObject(const void* kind, std::string name, std::shared_ptr<const void> make)
      : kind_(kind), name_(std::move(name)), make_(std::move(make)) {}

  const void* kind_;
  std::string name_;
  std::shared_ptr<const void> make_;
};

/// Returns the custom class T under `name`, without registering it. T must meet the requirements of
/// `register_custom_object`.
template <class T>
CustomObject custom_object(const std::string& name) {
  using Kind = detail::CustomObjects<typename T::StrategyBase>;
  return {Kind::key(), name, std::make_shared<const typename Kind::Make>(detail::make_custom<T>(name))};
}

/// Registers custom classes on the calling thread for the lifetime of the scope. Inside, they take precedence over
/// classes of the same name that are registered with `register_custom_object`. Scopes can be nested. Keras:
/// `keras.saving.CustomObjectScope`.
///
///     const CustomObjectScope scope({custom_object<Scale>("Scale")});
///     const auto model = Sequential<float>::from_config(config);
class CustomObjectScope {
 public:
  /// Registers `objects`.
  explicit CustomObjectScope(std::vector<CustomObject> objects)
      : objects_(std::move(objects)), thread_(detail::CustomObjectRegistry::this_thread()) {
    for (const CustomObject& object : objects_)
      detail::CustomObjectRegistry::add(object.kind_, object.name_, object.make_, thread_);
  }
  ~CustomObjectScope() {
    for (const CustomObject& object : objects_)
      detail::CustomObjectRegistry::remove(object.kind_, object.name_, object.make_.get(), thread_);
  }
  CustomObjectScope(const CustomObjectScope&) = delete;
  CustomObjectScope& operator=(const CustomObjectScope&) = delete;

 private:
  std::vector<CustomObject> objects_;
  const void* thread_;
};

}  // namespace lamina
