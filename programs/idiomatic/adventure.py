"""A text adventure in three rooms."""

ROOMS = {
    "hall": {
        "description": "You are in a dusty hall.",
        "exits": {"north": "library", "east": "kitchen"},
        "items": ["lamp"],
    },
    "library": {
        "description": "Books everywhere.",
        "exits": {"south": "hall"},
        "items": ["key", "book"],
    },
    "kitchen": {
        "description": "It smells of onions. There is a locked door to the north.",
        "exits": {"west": "hall"},
        "items": [],
    },
}
SHORTCUTS = {"n": "north", "s": "south", "e": "east", "w": "west", "i": "inventory", "l": "look"}


class GameOver(Exception):
    pass


class Game:
    def __init__(self, rooms):
        self.rooms = rooms
        self.here = "hall"
        self.bag = set()
        self.turns = 0
        self.visited = {self.here}

    @property
    def room(self):
        return self.rooms[self.here]

    def do_look(self, *_):
        print(self.room["description"])
        if items := self.room["items"]:
            print("You see:", ", ".join(f"a {item}" for item in items))
        print("Exits:", " ".join(sorted(self.room["exits"])))

    def do_go(self, direction=None):
        if direction not in self.room["exits"]:
            print("You cannot go there." if direction else "Go where?")
            return
        self.here = self.room["exits"][direction]
        if self.here == "garden":
            raise GameOver("You are free")
        self.visited.add(self.here)
        self.do_look()

    def do_take(self, *names):
        for name in names or ["nothing"]:
            try:
                self.room["items"].remove(name)
            except ValueError:
                print(f"There is no {name} here.")
            else:
                self.bag.add(name)
                print(f"Taken: {name}.")

    def do_use(self, name=""):
        if name not in self.bag:
            print(f"You have no {name or 'idea'}.")
        elif name == "key" and self.here == "kitchen":
            self.room["exits"].update(north="garden")
            self.bag -= {"key"}
            print("The door opens.")
        else:
            print("Nothing happens.")

    def do_inventory(self):
        print("You carry", *(sorted(self.bag) or ["nothing"]))

    def do_quit(self):
        raise GameOver("You gave up")

    def execute(self, line):
        words = [SHORTCUTS.get(w, w) for w in line.lower().split() if w not in ("the", "a")]
        if not words:
            return
        if words[0] in ("north", "south", "east", "west"):
            words.insert(0, "go")
        self.turns += 1
        command, *args = words
        method = getattr(self, f"do_{command}", None)
        if method is None:
            print(f"I do not know how to {command}.")
        else:
            method(*args)

    def loop(self):
        self.do_look()
        while True:
            try:
                self.execute(input("> "))
            except GameOver as end:
                print(f"*** {end} after {self.turns} turns, {len(self.visited)}/{len(self.rooms)} rooms seen ***")
                break
            except EOFError:
                print("\n(no more input)")
                break


if __name__ == "__main__":
    Game(ROOMS).loop()
