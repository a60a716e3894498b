#include <lamina/models/file_format.hpp>

#include "support/expect.hpp"

using namespace lamina;

namespace {

struct WeightsOnly : FileFormat {
  bool holds_models() const noexcept override { return false; }
};

void refused(const std::string& path, std::initializer_list<const char*> words) {
  EXPECT_TRUE(expect::error<ValueError>([&] { detail::find_file_format("save_model", path); }, words)) << path;
}

TEST(FileFormat, IsFoundByTheLongestExtension) {
  const auto one = std::make_shared<WeightsOnly>(), two = std::make_shared<WeightsOnly>();
  register_file_format(".one", one);
  register_file_format(".TWO.one", two);
  EXPECT_EQ(detail::find_file_format("load_model", "a.one"), one);
  EXPECT_EQ(detail::find_file_format("load_model", "folder.two/a.b.one"), one);
  EXPECT_EQ(detail::find_file_format("load_model", "a.two.one"), two);
  EXPECT_EQ(detail::find_file_format("load_model", "a.b.Two.ONE"), two);
  EXPECT_EQ(detail::find_file_format("load_model", "two.one"), one) << "the extension starts at the first dot";

  register_file_format(".one", two);
  EXPECT_EQ(detail::find_file_format("load_model", "a.one"), two) << "the last one registered";
}

TEST(FileFormat, OfAHeaderThatIsNotIncludedIsAnErrorThatNamesIt) {
  refused("m.keras", {"save_model \"m.keras\": no format for .keras files", "#include <lamina/io/keras.hpp>"});
  refused("folder/m.v2.KERAS", {"save_model \"folder/m.v2.KERAS\": no format for .keras files"});
  refused("m.weights.h5", {".weights.h5 files", "<lamina/io/keras.hpp>"});
  refused("m.h5", {".h5 files", "<lamina/io/keras.hpp>"});
  refused("m.safetensors", {"<lamina/io/safetensors.hpp>"});
  refused("m.onnx", {"<lamina/io/onnx.hpp>"});
}

TEST(FileFormat, OfAnUnknownExtensionIsAnErrorThatListsTheKnownOnes) {
  refused("m.kers",
          {"save_model \"m.kers\": unknown file extension \".kers\". Did you mean \".keras\"?", ".npz, ", ".keras"});
  refused("m.keras.txt", {"\".txt\"", "Known: ", ".npz"});
  register_file_format(".lasagne", std::make_shared<WeightsOnly>());
  refused("m.lasagna", {"Did you mean \".lasagne\"?"});
}

TEST(FileFormat, OfANameWithoutExtensionIsAnError) {
  for (const char* path : {"model", "folder.keras/model", "", "folder/", "model.", ".keras", "folder/.keras"})
    refused(path, {"save_model \"", "expected a name with an extension", ".npz, ", ".keras"});
}

TEST(FileFormat, RegistersExtensionsOnly) {
  const auto format = std::make_shared<WeightsOnly>();
  for (const char* extension : {"", ".", "keras", "a.keras", ".a/b", ".a\\b", ".a."})
    EXPECT_TRUE(expect::error<ValueError>([&] { register_file_format(extension, format); },
                                          {"register_file_format", "\".mine\"", "got \""}))
        << extension;
  EXPECT_TRUE(expect::error<ValueError>([] { register_file_format(".null", nullptr); }, {"\".null\"", "empty"}));
}

TEST(FileFormat, AnUnsupportedOperationIsAnError) {
  const WeightsOnly format;
  EXPECT_TRUE(expect::error<ValueError>([&] { format.save_model("m.w", {}); }, {"save_model \"m.w\"", "save_weights"}));
  EXPECT_TRUE(
      expect::error<ValueError>([&] { format.save_weights("m.w", {}); }, {"save_weights \"m.w\"", "save_model"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { format.open("m.w"); }, {"\"m.w\"", "not read"}));
}

}  // namespace
