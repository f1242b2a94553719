# Draw with: gnuplot estimators-checks.gp
set terminal svg size 860,775 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'estimators-checks.svg'
set encoding utf8
set multiplot
set style line 100 linecolor rgb '#dddddd' linewidth 0.7
set border 3 linecolor rgb '#444444' linewidth 1
set tics nomirror scale 0.6 textcolor rgb '#222222'
set grid linestyle 100
set style fill solid 0.22 noborder
set key off

set lmargin at screen 0.17674
set rmargin at screen 0.98140
set bmargin at screen 0.12645
set tmargin at screen 0.95613
set title '' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel '' noenhanced textcolor rgb '#222222' offset 0,0.3
unset logscale x
set format x '%g'
set xrange [-0.5:8.5]
set xtics rotate by 12 right noenhanced ('exact-unbiasedness' 0, 'exact-mean' 1, 'exact-variance' 2, 'variance-ordering' 3, 'pathwise-identity' 4, 'sample-marginals' 5, 'sampler-law' 6, 'float-path' 7, 'mutants' 8)
set ylabel '' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [-0.5:36.5]
set ytics norotate noenhanced ('tanh' 0, 'deep-st' 1, 'psa' 2, 'local-arms:K,N' 3, 'local-disarm:K' 4, 'vimco:K' 5, 'st-gumbel:TAU' 6, 'gumbel:TAU' 7, 'st-hard' 8, 'st-identity' 9, 'st' 10, 'unord:K' 11, 'disarm-tree' 12, 'disarm-sb' 13, 'disarm-iw' 14, 'carms-sb:N' 15, 'carms-g:N' 16, 'carms-i:N' 17, 'arsm' 18, 'ars' 19, 'rodeo:N' 20, 'double-cv:N' 21, 'relax' 22, 'rebar' 23, 'muprop' 24, 'nvil' 25, 'ugc' 26, 'bitflip-1' 27, 'leg' 28, 'arms-normal:N' 29, 'arms:N' 30, 'loorf:N' 31, 'disarm[:PAIRS]' 32, 'arm' 33, 'ar' 34, 'reinforce-ema' 35, 'reinforce' 36)
plot 'estimators-checks.dat' index 0 using 1:2 with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'estimators-checks.dat' index 1 using 1:2 with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.04645
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 2 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' title 'unbiased', \
  NaN with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' title 'biased'

unset multiplot
