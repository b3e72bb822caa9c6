# A shop with some tills, simulated event by event on a heap.
# Input: the number of tills, then arrivals as "minute name minutes at the till"; an empty line ends them.
import heapq
from collections import deque, namedtuple

Customer = namedtuple("Customer", "name arrived needs")


class Shop:
    def __init__(self, tills):
        self.free = tills
        self.queue = deque()
        self.events = []
        self.waited = {}

    def at(self, minute, what, customer):
        heapq.heappush(self.events, (minute, what, customer))

    def serve(self, minute):
        while self.free and self.queue:
            customer = self.queue.popleft()
            self.free -= 1
            self.waited[customer.name] = minute - customer.arrived
            self.at(minute + customer.needs, "leaves", customer)

    def run(self):
        """Yields what happens, in order of time."""
        while self.events:
            minute, what, customer = heapq.heappop(self.events)
            if what == "arrives":
                self.queue.append(customer)
            else:
                self.free += 1
            yield minute, customer.name, what
            self.serve(minute)


shop = Shop(int(input()))
while line := input():
    minute, name, needs = line.split()
    shop.at(int(minute), "arrives", Customer(name, int(minute), int(needs)))
for minute, name, what in shop.run():
    print(f"{minute // 60 + 9:02d}:{minute % 60:02d} {name} {what}")
longest = max(shop.waited, key=lambda name: shop.waited[name])
mean = sum(shop.waited.values()) / len(shop.waited)
print(f"{longest} waited longest, {shop.waited[longest]} min; the mean is {mean:.1f} min")
