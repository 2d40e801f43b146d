// The main of a fuzz target where there is no libFuzzer: runs every file of the named files and folders once.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/fuzz.h"

namespace {

namespace fs = std::filesystem;

void Replay(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  // A block of the input's own size: one octet too far is seen by AddressSanitizer.
  const hub::fuzz::Octets octets{std::istreambuf_iterator<char>(file), {}};
  LLVMFuzzerTestOneInput(octets.data(), octets.size());
}

}  // namespace

int main(int count, char** words) {
  int files = 0;
  for (int i = 1; i < count; ++i) {
    if (!fs::is_directory(words[i])) {
      Replay(words[i]);
      ++files;
      continue;
    }
    for (const fs::directory_entry& entry : fs::directory_iterator(words[i])) {
      Replay(entry.path());
      ++files;
    }
  }
  std::printf("%d inputs replayed\n", files);
  return files > 0 ? 0 : 1;
}
