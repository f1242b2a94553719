"""Peer implementation in JAX of the binary VAE benchmark: speed peer and independent reference for learning curves.

    python3 -m venv venv && venv/bin/pip install "jax[cpu]" numpy
    venv/bin/python jax_vae.py time  --model nonlinear --threads 2 --data DIR
    venv/bin/python jax_vae.py train --model linear --estimator arm --steps 50000 --seed 1 --data DIR

DIR holds binarized_mnist_{train,valid,test}.amat.gz. Same work as the protocol: 784 pixels centred by the training mean,
200 Bernoulli latents fed as 2z-1, LeakyReLU 0.3 (nonlinear: 200-200 hidden), Glorot uniform, decoder output bias = logit of the
clipped training mean, learned prior logits (SGD 1e-2), Adam 1e-4 (0.9, 0.999, 1e-7) on encoder and decoder, batch 50 drawn by
epoch permutation, encoder gradient = batch mean of the estimator, decoder and prior gradient from the FIRST sample only.
"""
import argparse, gzip, json, os, sys, tempfile, time
ap = argparse.ArgumentParser()
ap.add_argument('what', choices=['time', 'train']); ap.add_argument('--model', default='nonlinear'); ap.add_argument('--estimator', default='arm')
ap.add_argument('--threads', type=int, default=2); ap.add_argument('--steps', type=int, default=50000); ap.add_argument('--seed', type=int, default=1)
ap.add_argument('--data', default='.'); ap.add_argument('--evaluate', default='10000,25000,50000'); ap.add_argument('--out', default='')
ap.add_argument('--clock', choices=['wall', 'processor'], default='wall', help='steps per second of this clock; processor time is for one thread')
ap.add_argument('--rounds', type=int, default=7)
A = ap.parse_args()
os.environ['JAX_PLATFORMS'] = 'cpu'
if A.threads == 1:
    os.environ['XLA_FLAGS'] = '--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1'
import numpy as np, jax, jax.numpy as jnp
from functools import partial

def amat(split):
    cache = os.path.join(tempfile.gettempdir(), f'binarized_mnist_{split}.u8.npy')
    if os.path.exists(cache): return np.load(cache)
    raw = np.frombuffer(gzip.open(os.path.join(A.data, f'binarized_mnist_{split}.amat.gz')).read(), np.uint8)
    x = (raw[::2] - 48).reshape(-1, 784).copy(); np.save(cache, x); return x

B, D, NX, CHUNK = 50, 200, 784, 200
ES = [NX, 200, 200, D] if A.model == 'nonlinear' else [NX, D]
DS = [D, 200, 200, NX] if A.model == 'nonlinear' else [D, NX]
X = amat('train'); mean = X.mean(0).astype(np.float32); MEAN = jnp.asarray(mean); data = jnp.asarray(X, jnp.float32)

def glorot(k, a, b):
    lim = np.sqrt(6 / (a + b)); return jax.random.uniform(k, (a, b), jnp.float32, -lim, lim)
def init(key):
    mk = lambda s, key: [(glorot(jax.random.fold_in(key, i), a, b), jnp.zeros(b)) for i, (a, b) in enumerate(zip(s[:-1], s[1:]))]
    k1, k2 = jax.random.split(key); e, d = mk(ES, k1), mk(DS, k2)
    pm = np.clip(mean, 0.001, 0.999); d[-1] = (d[-1][0], jnp.asarray(np.log(pm / (1 - pm))))
    return dict(e=e, d=d, p=jnp.zeros(D))
def mlp(ps, h):
    for i, (W, b) in enumerate(ps):
        h = h @ W + b
        if i < len(ps) - 1: h = jnp.where(h > 0, h, 0.3 * h)
    return h
sp = lambda l: jnp.maximum(l, 0) + jnp.log1p(jnp.exp(-jnp.abs(l)))
bern = lambda l, z: jnp.sum(z * l - sp(l), -1)
encode = lambda e, x: mlp(e, x - MEAN)
def logjoint(d, p, z, x): return bern(mlp(d, 2 * z - 1), x) + bern(p, z)

def draw(name, logits, key):
    s = jax.nn.sigmoid(logits)
    if name in ('arm', 'disarm'):
        u = jax.random.uniform(key, logits.shape)
        return [(u > 1 - s).astype(jnp.float32), (u < s).astype(jnp.float32)], u
    n = 1 if name == 'reinforce' else int(name.split(':')[1])
    u = jax.random.uniform(key, (n,) + logits.shape)
    return [(u[i] < s).astype(jnp.float32) for i in range(n)], None
def combine(name, logits, zs, fs, u):
    s = jax.nn.sigmoid(logits)
    if name == 'arm': return (fs[0] - fs[1])[:, None] * (u - 0.5)
    if name == 'disarm': return 0.5 * (fs[0] - fs[1])[:, None] * (zs[0] - zs[1]) * jnp.maximum(s, 1 - s)
    if name == 'reinforce': return fs[0][:, None] * (zs[0] - s)
    fb = sum(fs) / len(fs); return sum((f - fb)[:, None] * (z - s) for f, z in zip(fs, zs)) / (len(fs) - 1)

def step_core(params, opt, x, key):
    logits, evjp = jax.vjp(lambda e: encode(e, x), params['e'])
    zs, u = draw(A.estimator, logits, key)
    def loss(d, p):
        v = logjoint(d, p, zs[0], x) - bern(logits, zs[0]); return -jnp.mean(v), v
    (l, f0), (gd, gp) = jax.value_and_grad(loss, argnums=(0, 1), has_aux=True)(params['d'], params['p'])
    fs = [f0] + [logjoint(params['d'], params['p'], z, x) - bern(logits, z) for z in zs[1:]]
    ge, = evjp(combine(A.estimator, logits, zs, fs, u) * (-1.0 / B))
    g = dict(e=ge, d=gd); t = opt['t'] + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, opt['m'], g); v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, opt['v'], g)
    tf = t.astype(jnp.float32); a = 1e-4 * jnp.sqrt(1 - 0.999 ** tf) / (1 - 0.9 ** tf)
    new = jax.tree.map(lambda p, m, v: p - a * m / (jnp.sqrt(v) + 1e-7), dict(e=params['e'], d=params['d']), m, v)
    new['p'] = params['p'] - 1e-2 * gp
    return new, dict(t=t, m=m, v=v), l

@partial(jax.jit, donate_argnums=(0, 1))
def run_chunk(params, opt, data, idx, key):
    def body(c, inp):
        p, o, l = step_core(c[0], c[1], data[inp[0]], inp[1]); return (p, o), l
    (p, o), l = jax.lax.scan(body, (params, opt), (idx, jax.random.split(key, idx.shape[0])))
    return p, o, jnp.mean(l)

@jax.jit
def bound(p, x, key, S=100):
    logits = encode(p['e'], x)
    z = (jax.random.uniform(key, (100,) + logits.shape) < jax.nn.sigmoid(logits)).astype(jnp.float32)
    w = bern(mlp(p['d'], 2 * z - 1), x) + bern(p['p'], z) - bern(logits, z)
    return jnp.sum(jax.nn.logsumexp(w, axis=0) - np.log(100))
def nll(p, split, key):
    xs = jnp.asarray(amat(split), jnp.float32)
    return -sum(float(bound(p, xs[i:i + 100], jax.random.fold_in(key, i))) for i in range(0, len(xs), 100)) / len(xs)

rng = np.random.default_rng(A.seed)
def batches():
    while True:
        perm = rng.permutation(50000).reshape(-1, B)
        for k in range(0, len(perm), CHUNK): yield jnp.asarray(perm[k:k + CHUNK].astype(np.int32))
p = init(jax.random.key(A.seed)); z = jax.tree.map(jnp.zeros_like, dict(e=p['e'], d=p['d'])); o = dict(t=jnp.int32(0), m=z, v=jax.tree.map(jnp.zeros_like, z))
gen = batches(); key = jax.random.key(1000 + A.seed)
if A.what == 'time':
    clock = time.process_time if A.clock == 'processor' else time.perf_counter
    p, o, l = run_chunk(p, o, data, next(gen), key); float(l); rates = []
    for r in range(A.rounds):
        t = clock()
        for c in range(4): key, k = jax.random.split(key); p, o, l = run_chunk(p, o, data, next(gen), k)
        float(l); rates.append(4 * CHUNK / (clock() - t))
    print(json.dumps(dict(tool='jax ' + jax.__version__, model=A.model, estimator=A.estimator, threads=A.threads, steps_per_second=float(np.median(rates)), min=min(rates), max=max(rates))))
else:
    marks = {int(s) for s in A.evaluate.split(',')}; done = 0; rec = []; t0 = time.time()
    while done < A.steps:
        key, k = jax.random.split(key); p, o, l = run_chunk(p, o, data, next(gen), k); done += CHUNK
        if done in marks:
            row = dict(model=A.model, estimator=A.estimator, seed=A.seed, step=done, train_negative_elbo_last_200=float(l), test_nll_100=nll(p, 'test', jax.random.key(7)), seconds=round(time.time() - t0, 1))
            print(json.dumps(row), flush=True)
            if A.out: open(A.out, 'a').write(json.dumps(row) + '\n')
