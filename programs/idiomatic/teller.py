"""A bank with tellers, simulated event by event."""
from __future__ import annotations

import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field


class Lcg:
    """A small random number generator, the same everywhere."""

    def __init__(self, seed: int = 1):
        self.state = seed

    def random(self) -> float:
        self.state = (1664525 * self.state + 1013904223) % 2**32
        return self.state / 2**32

    def randint(self, a: int, b: int) -> int:
        return a + int(self.random() * (b - a + 1))

    def choice(self, seq):
        return seq[self.randint(0, len(seq) - 1)]


@dataclass(order=True)
class Event:
    time: float
    serial: int
    kind: str = field(compare=False)
    customer: "Customer" = field(compare=False)


@dataclass
class Customer:
    name: str
    arrived: float
    served: float | None = None

    @property
    def waited(self) -> float:
        return self.served - self.arrived


class Simulation:
    def __init__(self, tellers=2, seed=42):
        self.events: list[Event] = []
        self.serial = itertools.count()
        self.queue: deque[Customer] = deque()
        self.free = tellers
        self.rng = Lcg(seed)
        self.done: list[Customer] = []

    def schedule(self, time, kind, customer):
        heapq.heappush(self.events, Event(time, next(self.serial), kind, customer))

    def start_service(self, now):
        while self.free and self.queue:
            customer = self.queue.popleft()
            customer.served = now
            self.free -= 1
            self.schedule(now + self.rng.randint(3, 9), "leave", customer)

    def run(self, n):
        clock = 0.0
        for i in range(n):
            clock += round(self.rng.random() * 4, 1)
            self.schedule(clock, "arrive", Customer(f"{self.rng.choice('ABCDEF')}{i:02d}", clock))
        while self.events:
            event = heapq.heappop(self.events)
            if event.kind == "arrive":
                self.queue.append(event.customer)
            else:
                self.free += 1
                self.done.append(event.customer)
            self.start_service(event.time)
            print(f"{event.time:6.1f} {event.customer.name} {event.kind:<6} queue={len(self.queue)}")
        return event.time


simulation = Simulation()
end = simulation.run(12)
waits = [c.waited for c in simulation.done]
print(f"finished at {end:.1f}; mean wait {sum(waits) / len(waits):.3f}, longest {max(waits):.1f}")
slowest = max(simulation.done, key=lambda c: c.waited)
print(slowest)
print(Event(1.5, 0, "a", None) < Event(1.5, 1, "b", None), Event(2, 0, "x", None))
