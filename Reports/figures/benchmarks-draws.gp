# Draw with: gnuplot benchmarks-draws.gp
set terminal svg size 860,945 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'benchmarks-draws.svg'
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
set bmargin at screen 0.10370
set tmargin at screen 0.96402
set title '' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'draws per second' noenhanced textcolor rgb '#222222' offset 0,0.3
set logscale x
set format x '10^{%T}'
set xrange [*:*]
set xtics norotate autofreq
set ylabel '' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [-0.5:46.5]
set ytics norotate noenhanced ('local-arms:4,4' 0, 'local-arms:2,2' 1, 'local-disarm:4' 2, 'local-disarm:2' 3, 'vimco:4' 4, 'vimco:2' 5, 'st-gumbel:0.5' 6, 'gumbel:0.5' 7, 'st-hard' 8, 'st-identity' 9, 'st' 10, 'unord:4' 11, 'unord:2' 12, 'disarm-tree' 13, 'disarm-sb' 14, 'disarm-iw' 15, 'carms-sb:4' 16, 'carms-sb:2' 17, 'carms-g:4' 18, 'carms-g:2' 19, 'carms-i:4' 20, 'carms-i:2' 21, 'arsm' 22, 'ars' 23, 'rodeo:4' 24, 'rodeo:2' 25, 'double-cv:4' 26, 'double-cv:2' 27, 'relax' 28, 'rebar' 29, 'muprop' 30, 'nvil' 31, 'ugc' 32, 'bitflip-1' 33, 'leg' 34, 'arms-normal:4' 35, 'arms-normal:2' 36, 'arms:4' 37, 'arms:2' 38, 'loorf:4' 39, 'loorf:2' 40, 'disarm:2' 41, 'disarm' 42, 'arm' 43, 'ar' 44, 'reinforce-ema' 45, 'reinforce' 46)
plot 'benchmarks-draws.dat' index 0 using 1:2 with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' notitle, \
  'benchmarks-draws.dat' index 1 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'benchmarks-draws.dat' index 2 using 1:2 with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.03810
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 3 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with points pointtype 7 pointsize 0.6 linecolor rgb '#0072B2' title 'D = 8', \
  NaN with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' title 'other tools, D = 8', \
  NaN with points pointtype 5 pointsize 0.6 linecolor rgb '#D55E00' title 'D = 200'

unset multiplot
