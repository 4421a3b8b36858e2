"""A document in colour, where rich is installed."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table as RichTable
from rich.text import Text as RichText
from rich.tree import Tree

from gradcheck.document.blocks import Block, Branch, Heading, Lines, Table, Text


def render(blocks: Iterable[Block], console: Console) -> None:
    """Print the blocks on a console."""
    console.print(Group(*map(_renderable, blocks)))


def _renderable(block: Block) -> RenderableType:
    match block:
        case Heading(text):
            return Padding(Rule(RichText(text, style="bold"), align="left", style="dim"), (1, 0, 0, 0))
        case Text(text, verdict):
            return RichText(text, style={None: "", True: "bold green", False: "bold red"}[verdict])
        case Lines(lines):
            return Padding(RichText("\n".join(lines)), (0, 0, 0, 2), expand=False)
        case Table():
            return _table(block)
        case Branch():
            return Padding(_tree(block), (0, 0, 0, 2), expand=False)


def _table(table: Table) -> RichTable:
    shown = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column in table.columns:
        shown.add_column(column, justify="left" if column in table.words else "right", overflow="fold")
    for row in table.rows:
        shown.add_row(*map(RichText, row))
    return shown


def _tree(branch: Branch) -> Tree:
    tree = Tree(RichText(branch.label), guide_style="dim")
    for child in branch.children:
        tree.children.append(_tree(child))
    return tree
