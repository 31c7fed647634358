"""Deep Q-learning from remembered transitions: `gather`, a target network that follows slowly."""

from collections import deque, namedtuple

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

device = torch.device(
    "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
)
Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))


class DQN(nn.Module):
    def __init__(self, observations, actions):
        super(DQN, self).__init__()
        self.layer1 = nn.Linear(observations, 8)
        self.layer2 = nn.Linear(8, 8)
        self.layer3 = nn.Linear(8, actions)

    def forward(self, x):
        x = F.relu(self.layer1(x))
        x = F.relu(self.layer2(x))
        return self.layer3(x)


policy_net, target_net = DQN(3, 2).to(device).double(), DQN(3, 2).to(device).double()
for i, p in enumerate(policy_net.parameters()):
    p.data = torch.sin(torch.arange(p.numel()).double() * 1.3 + i).view(*p.size()) * 0.5
target_net.load_state_dict(policy_net.state_dict())
optimizer = optim.AdamW(policy_net.parameters(), lr=1e-2, amsgrad=True)

memory = deque([], maxlen=100)
state = torch.tensor([0.1, -0.2, 0.3], dtype=torch.double, device=device).unsqueeze(0)
for t in range(24):
    with torch.no_grad():
        action = policy_net(state).max(1).indices.view(1, 1)
    action = (action + t) % 2
    reward = torch.tensor([1.0 if action.item() else -0.5], device=device).double()
    following = None if t % 6 == 5 else torch.cos(state * 3 + t)
    memory.append(Transition(state, action, following, reward))
    state = torch.cos(state * 3 + t)

losses = []
for step in range(16):
    batch = Transition(*zip(*list(memory)[step : step + 8]))
    mask = torch.tensor(
        tuple(map(lambda s: s is not None, batch.next_state)), device=device, dtype=torch.bool
    )
    following = torch.cat([s for s in batch.next_state if s is not None])
    states, actions, rewards = (
        torch.cat(batch.state),
        torch.cat(batch.action),
        torch.cat(batch.reward),
    )
    values = policy_net(states).gather(1, actions)
    next_values = torch.zeros(8, dtype=torch.double, device=device)
    with torch.no_grad():
        next_values[mask] = target_net(following).max(1).values
    expected = (next_values * 0.99) + rewards
    loss = nn.SmoothL1Loss()(values, expected.unsqueeze(1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(policy_net.parameters(), 100)
    optimizer.step()
    losses.append(loss.item())
    slow, fast = target_net.state_dict(), policy_net.state_dict()
    for key in fast:
        slow[key] = fast[key] * 0.05 + slow[key] * 0.95
    target_net.load_state_dict(slow)
