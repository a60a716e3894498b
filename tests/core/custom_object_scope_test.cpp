#include <lamina/core/custom_object_scope.hpp>
#include <thread>

#include "support/expect.hpp"

using namespace lamina;

namespace {

/// Multiplies by a constant of its class.
template <int factor>
struct Times : Layer<float> {
  Tensor<float> call(const Tensor<float>& x) const override { return x * factor; }
  std::string class_name() const override { return "Times"; }
  Config get_config() const override { return Layer<float>::get_config(); }
};

/// Returns the factor of the layer that is registered under this name; 0 if it is unknown.
float factor_of(const char* name) {
  const auto make = detail::CustomObjects<Layer<float>>::find(name);
  return make == nullptr ? 0 : (*(*make)(Config::map()))(Tensor<float>{1}).item();
}

TEST(CustomObjectScope, RegistersForItsLifetime) {
  EXPECT_EQ(factor_of("ScopedTimes"), 0);
  {
    const CustomObjectScope scope({custom_object<Times<2>>("ScopedTimes"), custom_object<Times<3>>("OtherTimes")});
    EXPECT_EQ(factor_of("ScopedTimes"), 2);
    EXPECT_EQ(factor_of("OtherTimes"), 3);
    {
      const CustomObjectScope inner({custom_object<Times<5>>("ScopedTimes")});
      EXPECT_EQ(factor_of("ScopedTimes"), 5);
      EXPECT_EQ(factor_of("OtherTimes"), 3);
    }
    EXPECT_EQ(factor_of("ScopedTimes"), 2);
  }
  EXPECT_EQ(factor_of("ScopedTimes"), 0);
  EXPECT_EQ(factor_of("OtherTimes"), 0);
}

TEST(CustomObjectScope, TakesPrecedenceOverRegisteredClasses) {
  register_custom_object<Times<7>>("RegisteredTimes");
  {
    const CustomObjectScope scope({custom_object<Times<2>>("RegisteredTimes")});
    EXPECT_EQ(factor_of("RegisteredTimes"), 2);
  }
  EXPECT_EQ(factor_of("RegisteredTimes"), 7);
}

TEST(CustomObjectScope, TakesPrecedenceOverClassesRegisteredWithinIt) {
  const CustomObjectScope scope({custom_object<Times<2>>("LaterTimes")});
  register_custom_object<Times<7>>("LaterTimes");
  EXPECT_EQ(factor_of("LaterTimes"), 2);
  float elsewhere = 0;
  std::thread([&] { elsewhere = factor_of("LaterTimes"); }).join();
  EXPECT_EQ(elsewhere, 7);
}

TEST(CustomObjectScope, AppliesToItsThreadOnly) {
  const CustomObjectScope scope({custom_object<Times<2>>("ThreadTimes")});
  float elsewhere = -1;
  std::thread([&] {
    const CustomObjectScope other({custom_object<Times<3>>("OtherThreadTimes")});
    elsewhere = factor_of("ThreadTimes") + factor_of("OtherThreadTimes");
  }).join();
  EXPECT_EQ(elsewhere, 3);
  EXPECT_EQ(factor_of("ThreadTimes"), 2);
  EXPECT_EQ(factor_of("OtherThreadTimes"), 0);
}

TEST(CustomObjectScope, CreatesObjectsFromConfigurations) {
  const CustomObject object = custom_object<Times<2>>("ScaleByTwo");
  EXPECT_EQ(object.name(), "ScaleByTwo");
  const CustomObjectScope scope({object});
  EXPECT_EQ(layer_from_config(named_config("ScaleByTwo", Times<2>().get_config()))->class_name(), "Times");
}

}  // namespace
