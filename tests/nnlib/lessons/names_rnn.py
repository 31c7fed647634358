"""Which language a name is from: letters one by one through a recurrent network written by hand,
and through a layer that is given one name without a batch."""

import torch
import torch.nn as nn

all_letters = "abcdefghijklmnopqrstuvwxyz"
names = {
    "it": ["rossi", "bianchi", "ferri"],
    "de": ["schmidt", "weber", "koch"],
    "fr": ["dubois", "moreau"],
}
categories = list(names)


def line_to_tensor(line):
    tensor = torch.zeros(len(line), 1, len(all_letters))
    for i, letter in enumerate(line):
        tensor[i][0][all_letters.find(letter)] = 1
    return tensor


def fill(module):
    for i, p in enumerate(module.parameters()):
        p.data.copy_(torch.sin(torch.arange(p.numel()).float() + i).reshape(p.shape) * 0.3)


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, input, hidden):
        hidden = torch.tanh(self.i2h(torch.cat((input, hidden), 1)))
        return self.softmax(self.h2o(hidden)), hidden

    def initHidden(self):
        return torch.zeros(1, self.hidden_size)


rnn, criterion, losses = RNN(26, 12, 3), nn.NLLLoss(), []
fill(rnn)
for epoch in range(4):
    for category, lines in names.items():
        for line in lines:
            target = torch.tensor([categories.index(category)], dtype=torch.long)
            hidden = rnn.initHidden()
            rnn.zero_grad()
            for letter in line_to_tensor(line):
                output, hidden = rnn(letter, hidden)
            loss = criterion(output, target)
            loss.backward()
            for p in rnn.parameters():
                p.data.add_(p.grad.data, alpha=-0.05)
            losses.append(loss.item())
top_n, top_i = output.topk(1)
assert categories[top_i[0].item()] in categories


class Layered(nn.Module):
    def __init__(self, kind, **settings):
        super().__init__()
        self.rnn = kind(26, 6, **settings)
        self.out = nn.Linear(6, 3)

    def forward(self, line):
        states, last = self.rnn(line)
        last = last[0] if isinstance(last, tuple) else last
        return self.out(last[-1])


for kind, settings in ((nn.RNN, {"nonlinearity": "relu"}), (nn.GRU, {}), (nn.LSTM, {})):
    model = Layered(kind, **settings)
    fill(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    for epoch in range(3):
        total = 0
        for i, category in enumerate(categories):
            logits = model(line_to_tensor(names[category][0]).squeeze(1))
            total += nn.functional.cross_entropy(logits, torch.tensor(i))
        optimizer.zero_grad()
        total.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        losses.append(total.item())
