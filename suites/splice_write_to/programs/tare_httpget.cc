// SPDX-License-Identifier: Apache-2.0
// tare-httpget: brings the body of one response of HTTP/1.1 into a file, by the reference, the
// baseline or the published design.
#include <cstdio>
#include <memory>
#include <string>

#include "impl/backend/backends.h"
#include "impl/splice_write_to/crossover.h"
#include "suites/splice_write_to/programs/get.h"
#include "suites/splice_write_to/programs/http_head.h"
#include "suites/splice_write_to/programs/movers.h"
#include "suites/splice_write_to/programs/system.h"
#include "suites/support/program.h"

namespace tare::suites::splice_write_to {
namespace {

constexpr const char* kUsage =
    "usage: tare-httpget URL [--output FILE] [--backend NAME] [--variant NAME]\n"
    "                    [--timeout SECONDS] [--measure] [--verbose]\n"
    "\n"
    "  URL         http://HOST[:PORT][/PATH], HOST an address or a name; an IPv6 address stands "
    "in\n"
    "              brackets\n"
    "  --output    where the body goes: a file, which is made or emptied once the server has\n"
    "              answered 2xx, or a pipe or terminal (default: the standard output)\n"
    "  --backend   epoll, poll, io_uring (default: the first that runs here)\n"
    "  --variant   reference, baseline, published: spliced without losing a byte, copied through\n"
    "              32 KiB, or spliced as published in 2021 (default: reference)\n"
    "  --timeout   how long nothing may come from the server while it is waited for (default: "
    "60);\n"
    "              the head of the response must be there within that time\n"
    "  --measure   find out first, for 20 ms at most, up to which size copying is faster here, "
    "and\n"
    "              copy what is not larger: a body, or a chunk (--variant reference alone)\n"
    "  --verbose   say on standard error what was answered, and where the body ends\n"
    "  -h, --help  print this, and end\n"
    "\n"
    "A value may also stand behind '=': --timeout=5. Prints 'copied bytes: N', on standard error\n"
    "where the body goes to the standard output. Exit status 1 if not all of the body was copied, "
    "2\n"
    "if the arguments are wrong, 3 if the backend does not run here. Redirections are not "
    "followed,\n"
    "and a body that is compressed stays so.\n";

constexpr int64_t kSecond = 1'000'000'000;  // nanoseconds
constexpr uint64_t kMostSeconds = 86400;

// Where it cannot be measured everything is spliced.
template <class B>
void Measure(Wish& wish) {
  const io::Result measured = io::splice_write_to::MeasureCopyUpTo<B>(wish.pool);
  if (!wish.verbose) return;
  std::fprintf(stderr, "tare-httpget: copying is faster up to %llu bytes%s\n",
               static_cast<unsigned long long>(wish.pool.copy_to_files_up_to),
               measured.ok() ? "" : ", for all that could be measured");
}

int Main(int argc, char** argv) {
  Options options({{"output", ""}, {"backend", ""}, {"variant", "reference"}, {"timeout", "60"}},
                  {"verbose", "measure"}, Options::Operand::kOne);
  if (!options.Parse(argc, argv, kUsage)) return 2;
  if (options.operand().empty()) {
    std::fprintf(stderr, "tare-httpget: a URL must be given\n%s", kUsage);
    return 2;
  }
  if (!options.AreNumbers({{"timeout", kMostSeconds, 1}})) return 2;
  const std::string& variant = options["variant"];
  if (variant != "reference" && variant != "baseline" && variant != "published") {
    std::fprintf(stderr, "--variant %s: neither reference, baseline nor published\n",
                 variant.c_str());
    return 2;
  }
  if (options.Given("measure") && variant != "reference") {
    std::fprintf(stderr, "--measure: --variant %s has no choice\n", variant.c_str());
    return 2;
  }
  if (options.Given("output") && options["output"].empty()) {
    std::fprintf(stderr, "--output: empty; leave it out for the standard output\n");
    return 2;
  }
  Wish wish;
  wish.text = Printable(options.operand());
  wish.output = options["output"];
  wish.patience = static_cast<int64_t>(options.Number("timeout")) * kSecond;
  wish.verbose = options.Given("verbose");
  if (const char* why = ToUrl(options.operand(), wish.url)) {
    std::fprintf(stderr, "tare-httpget: %s: %s\n", wish.text.c_str(), why);
    return 2;
  }
  const auto run = [&]<class B>() {
    if (const std::string why = Resolve(wish.url.host, wish.url.port, wish.places); !why.empty()) {
      std::fprintf(stderr, "tare-httpget: %s: no address of '%s' is known: %s\n", wish.text.c_str(),
                   Printable(wish.url.host).c_str(), why.c_str());
      return 1;
    }
    if (variant == "baseline") return std::make_unique<Get<B, BaselineMover>>(wish)->Run();
    if (variant == "published") return std::make_unique<Get<B, PublishedMover>>(wish)->Run();
    if (options.Given("measure")) Measure<B>(wish);
    return std::make_unique<Get<B, ReferenceMover>>(wish)->Run();
  };
  return OnBackend(options["backend"], run, io::Backends{});
}

}  // namespace
}  // namespace tare::suites::splice_write_to

int main(int argc, char** argv) {
  return tare::suites::splice_write_to::Main(argc, argv);
}
