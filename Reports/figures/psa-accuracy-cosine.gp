# Draw with: gnuplot psa-accuracy-cosine.gp
set terminal svg size 860,700 enhanced background '#ffffff' font 'Helvetica,Arial,sans-serif,13' linewidth 1
set output 'psa-accuracy-cosine.svg'
set encoding utf8
set multiplot
set style line 100 linecolor rgb '#dddddd' linewidth 0.7
set border 3 linecolor rgb '#444444' linewidth 1
set tics nomirror scale 0.6 textcolor rgb '#222222'
set grid linestyle 100
set style fill solid 0.22 noborder
set key off

set lmargin at screen 0.09767
set rmargin at screen 0.48140
set bmargin at screen 0.63143
set tmargin at screen 0.95143
set title 'layer 0' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'samples M in a mean' noenhanced textcolor rgb '#222222' offset 0,0.3
set logscale x
set format x '10^{%T}'
set xrange [1.0:10000.0]
set ylabel 'cosine similarity' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [*:*]
plot 'psa-accuracy-cosine.dat' index 0 using 1:3:4 with filledcurves linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 1 using 1:3:4 with filledcurves linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 2 using 1:3:4 with filledcurves linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 3 using 1:3:4 with filledcurves linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 4 using 1:3:4 with filledcurves linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 5 using 1:3:4 with filledcurves linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 6 using 1:3:4 with filledcurves linecolor rgb '#000000' notitle, \
  'psa-accuracy-cosine.dat' index 7 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 8 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 9 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 10 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 11 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 12 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 13 using 1:2 with lines linewidth 1.8 linecolor rgb '#000000' notitle, \
  'psa-accuracy-cosine.dat' index 14 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 15 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 16 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 17 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 18 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 19 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 20 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#000000' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.63143
set tmargin at screen 0.95143
set title 'layer 1' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'samples M in a mean' noenhanced textcolor rgb '#222222' offset 0,0.3
set logscale x
set format x '10^{%T}'
set xrange [1.0:10000.0]
set ylabel 'cosine similarity' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [*:*]
plot 'psa-accuracy-cosine.dat' index 21 using 1:3:4 with filledcurves linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 22 using 1:3:4 with filledcurves linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 23 using 1:3:4 with filledcurves linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 24 using 1:3:4 with filledcurves linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 25 using 1:3:4 with filledcurves linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 26 using 1:3:4 with filledcurves linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 27 using 1:3:4 with filledcurves linecolor rgb '#000000' notitle, \
  'psa-accuracy-cosine.dat' index 28 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 29 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 30 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 31 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 32 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 33 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 34 using 1:2 with lines linewidth 1.8 linecolor rgb '#000000' notitle, \
  'psa-accuracy-cosine.dat' index 35 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 36 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 37 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 38 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 39 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 40 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 41 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#000000' notitle

set lmargin at screen 0.09767
set rmargin at screen 0.48140
set bmargin at screen 0.17429
set tmargin at screen 0.49429
set title 'layer 2' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'samples M in a mean' noenhanced textcolor rgb '#222222' offset 0,0.3
set logscale x
set format x '10^{%T}'
set xrange [1.0:10000.0]
set ylabel 'cosine similarity' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [*:*]
plot 'psa-accuracy-cosine.dat' index 42 using 1:3:4 with filledcurves linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 43 using 1:3:4 with filledcurves linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 44 using 1:3:4 with filledcurves linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 45 using 1:3:4 with filledcurves linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 46 using 1:3:4 with filledcurves linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 47 using 1:3:4 with filledcurves linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 48 using 1:3:4 with filledcurves linecolor rgb '#000000' notitle, \
  'psa-accuracy-cosine.dat' index 49 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 50 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 51 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 52 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 53 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 54 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 55 using 1:2 with lines linewidth 1.8 linecolor rgb '#000000' notitle, \
  'psa-accuracy-cosine.dat' index 56 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 57 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 58 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 59 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 60 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 61 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 62 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#000000' notitle

set lmargin at screen 0.59767
set rmargin at screen 0.98140
set bmargin at screen 0.17429
set tmargin at screen 0.49429
set title 'layer 3 (output)' noenhanced textcolor rgb '#222222' offset 0,-0.4
set xlabel 'samples M in a mean' noenhanced textcolor rgb '#222222' offset 0,0.3
set logscale x
set format x '10^{%T}'
set xrange [1.0:10000.0]
set ylabel 'cosine similarity' noenhanced textcolor rgb '#222222' offset 0.5,0
unset logscale y
set format y '%g'
set yrange [*:*]
plot 'psa-accuracy-cosine.dat' index 63 using 1:3:4 with filledcurves linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 64 using 1:3:4 with filledcurves linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 65 using 1:3:4 with filledcurves linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 66 using 1:3:4 with filledcurves linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 67 using 1:3:4 with filledcurves linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 68 using 1:3:4 with filledcurves linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 69 using 1:3:4 with filledcurves linecolor rgb '#000000' notitle, \
  'psa-accuracy-cosine.dat' index 70 using 1:2 with lines linewidth 1.8 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 71 using 1:2 with lines linewidth 1.8 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 72 using 1:2 with lines linewidth 1.8 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 73 using 1:2 with lines linewidth 1.8 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 74 using 1:2 with lines linewidth 1.8 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 75 using 1:2 with lines linewidth 1.8 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 76 using 1:2 with lines linewidth 1.8 linecolor rgb '#000000' notitle, \
  'psa-accuracy-cosine.dat' index 77 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#0072B2' notitle, \
  'psa-accuracy-cosine.dat' index 78 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#D55E00' notitle, \
  'psa-accuracy-cosine.dat' index 79 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#009E73' notitle, \
  'psa-accuracy-cosine.dat' index 80 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#CC79A7' notitle, \
  'psa-accuracy-cosine.dat' index 81 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#E69F00' notitle, \
  'psa-accuracy-cosine.dat' index 82 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#56B4E9' notitle, \
  'psa-accuracy-cosine.dat' index 83 using 1:2 with points pointtype 6 pointsize 1.1 linewidth 1.2 linecolor rgb '#000000' notitle

set lmargin at screen 0
set rmargin at screen 1
set bmargin at screen 0
set tmargin at screen 0.08571
unset title
unset xlabel
unset ylabel
unset logscale
unset border
unset tics
unset grid
set key center center horizontal reverse Left maxcols 6 noenhanced samplen 2 textcolor rgb '#222222'
plot [0:1][0:1] NaN with lines linewidth 1.8 linecolor rgb '#0072B2' title 'reinforce', \
  NaN with lines linewidth 1.8 linecolor rgb '#D55E00' title 'arm', \
  NaN with lines linewidth 1.8 linecolor rgb '#009E73' title 'gumbel:0.1', \
  NaN with lines linewidth 1.8 linecolor rgb '#CC79A7' title 'gumbel:1', \
  NaN with lines linewidth 1.8 linecolor rgb '#E69F00' title 'tanh', \
  NaN with lines linewidth 1.8 linecolor rgb '#56B4E9' title 'deep-st', \
  NaN with lines linewidth 1.8 linecolor rgb '#000000' title 'psa'

unset multiplot
