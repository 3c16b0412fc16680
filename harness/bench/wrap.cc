// SPDX-License-Identifier: Apache-2.0
// What the linker calls in place of four functions of benchmark::State and two of registration.
//
// The header's inline loop (KeepRunning, begin, end) calls StartKeepRunning and FinishKeepRunning
// from the program's own objects, where `--wrap=S` (see CMakeLists.txt) turns S into __wrap_S and
// lets us call the original as __real_S. Calls inside the library stay as they are. A member
// function receives `this` as its first argument.
//
// Around each original the window is closed: what Google Benchmark does is not counted.
#include <benchmark/benchmark.h>

#include <utility>

#include "bench/families.h"
#include "bench/window.h"
#include "tare/google_benchmark.h"

using benchmark::State;
using tare::bench::Window;

extern "C" {

void __real__ZN9benchmark5State16StartKeepRunningEv(State* state);
void __real__ZN9benchmark5State17FinishKeepRunningEv(State* state);
void __real__ZN9benchmark5State11PauseTimingEv(State* state);
void __real__ZN9benchmark5State12ResumeTimingEv(State* state);
void __real__ZN9benchmark25ClearRegisteredBenchmarksEv();

// State::StartKeepRunning: the barrier of all threads, then the timer starts.
void __wrap__ZN9benchmark5State16StartKeepRunningEv(State* state) {
  Window& window = Window::OfThisThread();
  window.Enter(state->thread_index() == 0);
  __real__ZN9benchmark5State16StartKeepRunningEv(state);
  window.Open();
}

// State::FinishKeepRunning: the timer stops, then the barrier of all threads.
void __wrap__ZN9benchmark5State17FinishKeepRunningEv(State* state) {
  Window& window = Window::OfThisThread();
  window.End(state->max_iterations, state->threads());
  __real__ZN9benchmark5State17FinishKeepRunningEv(state);
  window.Close();
  if (tare::bench::EveryBenchmarkIsMetered()) tare::bench::AttachCounts(*state);
}

// State::PauseTiming
void __wrap__ZN9benchmark5State11PauseTimingEv(State* state) {
  Window::OfThisThread().Pause();
  __real__ZN9benchmark5State11PauseTimingEv(state);
}

// State::ResumeTiming
void __wrap__ZN9benchmark5State12ResumeTimingEv(State* state) {
  __real__ZN9benchmark5State12ResumeTimingEv(state);
  Window::OfThisThread().Resume();
}

// internal::RegisterBenchmarkInternal, in every form: weak, for the library has one of them.
#define TARE_REGISTRATION(parameter, Type)                                                         \
  [[gnu::weak]] tare::RegisteredBenchmark*                                                         \
      __real__ZN9benchmark8internal25RegisterBenchmarkInternalE##parameter(Type family);           \
  tare::RegisteredBenchmark* __wrap__ZN9benchmark8internal25RegisterBenchmarkInternalE##parameter( \
      Type family) {                                                                               \
    tare::bench::Families::All().Add(&*family);                                                    \
    return __real__ZN9benchmark8internal25RegisterBenchmarkInternalE##parameter(                   \
        std::move(family));                                                                        \
  }
TARE_REGISTRATIONS(TARE_REGISTRATION)
#undef TARE_REGISTRATION

// ClearRegisteredBenchmarks: destroys them.
void __wrap__ZN9benchmark25ClearRegisteredBenchmarksEv() {
  tare::bench::Families::All().Clear();
  __real__ZN9benchmark25ClearRegisteredBenchmarksEv();
}

}  // extern "C"
